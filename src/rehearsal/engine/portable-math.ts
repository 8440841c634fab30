/**
 * exp, ln, powers and sine, bit-identical in every JavaScript engine.
 *
 * The language leaves the last bits of Math.exp and others to the engine, but runs are compared
 * byte for byte. Only + - * / and sqrt are used here: those are exact by IEEE 754. The relative
 * error is below 1e-13.
 */

const LN2 = Math.LN2;
const TAU = 2 * Math.PI;

/** e to the x; 0 below -700. @param x At most 700. */
export function exp(x: number): number {
  if (x < -700) return 0;
  const power = Math.round(x / LN2);
  // |rest| <= ln2 / 2, so thirteen terms are enough.
  const rest = x - power * LN2;
  let sum = 1;
  for (let term = 13; term >= 1; term -= 1) sum = 1 + rest * (INVERSES[term] ?? 0) * sum;
  return sum * (POWERS_OF_TWO[power + 1022] ?? 0);
}

/** Natural logarithm. @param x Above 0, and not denormal. */
export function ln(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = ((high >>> 20) & 0x7ff) - 1023;
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2 atanh((m - 1) / (m + 1)), and the argument is below 0.172.
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let odd = 19; odd >= 3; odd -= 2) sum = square * ((INVERSES[odd] ?? 0) + sum);
  return exponent * LN2 + 2 * ratio * (1 + sum);
}

/** @param base Above 0. */
export function power(base: number, exponent: number): number {
  return exp(exponent * ln(base));
}

/** @param turns Full turns: 0.25 gives 1. */
export function sineOfTurns(turns: number): number {
  let part = turns - Math.floor(turns);
  let sign = 1;
  if (part >= 0.5) {
    part -= 0.5;
    sign = -1;
  }
  if (part > 0.25) part = 0.5 - part;
  const x = part * TAU;
  const square = x * x;
  let sum = 1;
  for (let odd = 19; odd >= 3; odd -= 2) sum = 1 - (square / (odd * (odd - 1))) * sum;
  return sign * x * sum;
}

export function cosineOfTurns(turns: number): number {
  return sineOfTurns(turns + 0.25);
}

/** Rounded to so many decimals, as the numbers in events are. */
export function rounded(x: number, decimals: number): number {
  const scale = SCALES[decimals] ?? 1;
  return Math.round(x * scale) / scale;
}

// --- internal ---

const SCALES = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

/** 1 / n */
const INVERSES = Float64Array.from({ length: 20 }, (_, n) => (n === 0 ? 0 : 1 / n));

const bits = new DataView(new ArrayBuffer(8));

/** 2 to the -1022 up to 2 to the 1023; doubling and halving are exact. */
const POWERS_OF_TWO = powersOfTwo();

function powersOfTwo(): Float64Array {
  const powers = new Float64Array(2046);
  powers[1022] = 1;
  for (let i = 1023; i < powers.length; i += 1) powers[i] = (powers[i - 1] ?? 0) * 2;
  for (let i = 1021; i >= 0; i -= 1) powers[i] = (powers[i + 1] ?? 0) / 2;
  return powers;
}
