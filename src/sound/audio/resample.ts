/**
 * Resampling: a band-limited interpolator, bit-identical on every platform.
 *
 * Every output sample is a sum of input samples weighted by a windowed sinc that is centred on its
 * moment, so nothing is delayed. Half width 48 zero crossings, Kaiser window with beta 11.5, edge at
 * 0.955 of the lower Nyquist frequency: aliases end below -110 dB, and the passband is flat to
 * 0.9 of that frequency.
 *
 * Source: J. O. Smith, "Digital Audio Resampling Home Page", Stanford, 2002.
 */

import type { OnShare } from "./on-share.ts";

/** Turns signals of one rate into signals of another; keeps its filter for the next one. */
export interface Resampler {
  readonly fromHz: number;
  readonly toHz: number;

  /**
   * @param samples Mono signal, shape [time]; zeros are assumed before and after.
   * @returns A new array of `resampledLength(samples.length, fromHz, toHz)` samples.
   */
  resample(samples: Float32Array, onShare?: OnShare): Float32Array<ArrayBuffer>;
}

/**
 * Builds the filter for one pair of rates: up to 50 ms of work, worth keeping for many files.
 *
 * @throws RangeError unless both rates are positive and finite. They need not be integers.
 */
export function createResampler(fromHz: number, toHz: number): Resampler {
  for (const hz of [fromHz, toHz]) {
    if (!(hz > 0 && Number.isFinite(hz))) {
      throw new RangeError(`Cannot resample from ${fromHz} to ${toHz} Hz: need positive rates`);
    }
  }
  const filter = fromHz === toHz ? undefined : filterFor(fromHz, toHz);
  return {
    fromHz,
    toHz,
    resample: (samples, onShare) => {
      if (filter === undefined) return Float32Array.from(samples);
      const out = new Float32Array(resampledLength(samples.length, fromHz, toHz));
      const fill = filter.phases === undefined ? betweenPhases : onPhases;
      for (let start = 0; start < out.length; start += PIECE_LENGTH) {
        fill(filter, samples, { out, start, end: Math.min(out.length, start + PIECE_LENGTH) });
        onShare?.(start / out.length);
      }
      return out;
    },
  };
}

/**
 * As `createResampler(fromHz, toHz).resample(samples)`, for a single signal.
 *
 * @param samples Shape [time].
 * @returns Shape [time], see `resampledLength`.
 * @throws RangeError unless both rates, in hertz, are positive and finite.
 * @example
 * const mono = resample(sound.channels[0], sound.sampleRate, MODEL_RATE_HZ);
 */
export function resample(
  samples: Float32Array,
  fromHz: number,
  toHz: number,
): Float32Array<ArrayBuffer> {
  return createResampler(fromHz, toHz).resample(samples);
}

/** In samples: the nearest integer to `length * toHz / fromHz`, and 1 at least if there were any. */
export function resampledLength(length: number, fromHz: number, toHz: number): number {
  return length === 0 ? 0 : Math.max(1, Math.round((length * toHz) / fromHz));
}

const HALF_WIDTH_CROSSINGS = 48;
const KAISER_BETA = 11.5;
const ROLL_OFF = 0.955;

/** Exact phases are kept up to this many coefficients (2 MB); more rarely pay off. */
const COEFFICIENTS_MAX = 2 ** 19;

/** Coefficients of a filter whose rows are mixed: the straight line between two errs below -130 dB. */
const MIXED_COEFFICIENTS = 2 ** 18;

/**
 * Rows of filter taps. Row p is the filter for an output moment p / phaseCount past an input sample.
 */
interface Filter {
  readonly fromHz: number;
  readonly toHz: number;
  /** Shape [rows][tapCount]. */
  readonly rows: readonly Float32Array[];
  /** Even; the moment lies between tap tapCount / 2 - 1 and the next. */
  readonly tapCount: number;
  /**
   * Present if the rates have a small ratio of integers: after `up` outputs and `down` inputs the
   * phases repeat, and there is a row for each of them. Otherwise two rows are mixed.
   */
  readonly phases?: { readonly up: number; readonly down: number };
}

function filterFor(fromHz: number, toHz: number): Filter {
  // Below the lower Nyquist frequency: in input samples, the sinc of a downsampler is wider.
  const cutoff = ROLL_OFF * Math.min(1, toHz / fromHz);
  const half = Math.ceil(HALF_WIDTH_CROSSINGS * Math.max(1, fromHz / toHz));
  const tapCount = 2 * half;
  const ratio = smallestRatio(fromHz, toHz);
  if (ratio !== undefined && ratio.up * tapCount <= COEFFICIENTS_MAX) {
    const rows = filterRows(ratio.up, { half, cutoff, rowCount: ratio.up });
    return { fromHz, toHz, tapCount, rows, phases: ratio };
  }
  const phaseCount = 2 ** Math.ceil(Math.log2(MIXED_COEFFICIENTS / tapCount));
  const rows = filterRows(phaseCount, { half, cutoff, rowCount: phaseCount + 1 });
  return { fromHz, toHz, tapCount, rows };
}

interface RowShape {
  readonly half: number;
  /** In units of the input's Nyquist frequency. */
  readonly cutoff: number;
  readonly rowCount: number;
}

function filterRows(phaseCount: number, { half, cutoff, rowCount }: RowShape): Float32Array[] {
  const windowScale = 1 / besselI0(KAISER_BETA);
  return Array.from({ length: rowCount }, (_, phase) => {
    const taps = new Float64Array(2 * half);
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap += 1) {
      const distance = tap - (half - 1) - phase / phaseCount;
      const inWindow = Math.max(0, 1 - (distance / half) ** 2);
      const window = besselI0(KAISER_BETA * Math.sqrt(inWindow)) * windowScale;
      taps[tap] = sinc(cutoff * distance) * window;
      sum += taps[tap]!;
    }
    // A constant signal stays that constant at every phase.
    return Float32Array.from(taps, (value) => value / sum);
  });
}

/** The rates divided by their greatest common divisor, or undefined unless both are integers. */
function smallestRatio(fromHz: number, toHz: number): { up: number; down: number } | undefined {
  if (!Number.isInteger(fromHz) || !Number.isInteger(toHz)) return undefined;
  let [a, b] = [fromHz, toHz];
  while (b > 0) [a, b] = [b, a % b];
  return { up: toHz / a, down: fromHz / a };
}

/** Output samples [start, end). */
interface Piece {
  readonly out: Float32Array<ArrayBuffer>;
  readonly start: number;
  readonly end: number;
}

/** Samples between two reports of progress. */
const PIECE_LENGTH = 2 ** 18;

function onPhases(filter: Filter, samples: Float32Array, piece: Piece): void {
  const { rows, tapCount } = filter;
  const { out, end } = piece;
  const { up, down } = filter.phases!;
  const wholeStep = Math.floor(down / up);
  const phaseStep = down % up;
  const rowsBefore = piece.start * down;
  let start = 1 - tapCount / 2 + Math.floor(rowsBefore / up);
  let phase = rowsBefore % up;
  for (let i = piece.start; i < end; i += 1) {
    out[i] = dotBetweenZeros(rows[phase]!, samples, start);
    start += wholeStep;
    phase += phaseStep;
    if (phase >= up) {
      phase -= up;
      start += 1;
    }
  }
}

function betweenPhases(filter: Filter, samples: Float32Array, piece: Piece): void {
  const { rows, tapCount, fromHz, toHz } = filter;
  const { out, end } = piece;
  const phaseCount = rows.length - 1;
  for (let i = piece.start; i < end; i += 1) {
    const moment = (i * fromHz) / toHz;
    const whole = Math.floor(moment);
    const place = (moment - whole) * phaseCount;
    const row = Math.min(phaseCount - 1, Math.floor(place));
    const share = place - row;
    const start = whole + 1 - tapCount / 2;
    const before = dotBetweenZeros(rows[row]!, samples, start);
    const after = dotBetweenZeros(rows[row + 1]!, samples, start);
    out[i] = before + share * (after - before);
  }
}

/** A long signal is not copied between zeros: only the few windows at its ends are. */
function dotBetweenZeros(row: Float32Array, signal: Float32Array, start: number): number {
  if (start >= 0 && start + row.length <= signal.length) return dot(row, signal, start);
  const window = new Float32Array(row.length);
  window.set(
    signal.subarray(Math.max(0, start), Math.max(0, start + row.length)),
    Math.max(0, -start),
  );
  return dot(row, window, 0);
}

/** Four sums side by side: one sum alone would wait for itself at every tap. */
function dot(row: Float32Array, signal: Float32Array, start: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const fours = row.length & ~3;
  for (let tap = 0; tap < fours; tap += 4) {
    a += row[tap]! * signal[start + tap]!;
    b += row[tap + 1]! * signal[start + tap + 1]!;
    c += row[tap + 2]! * signal[start + tap + 2]!;
    d += row[tap + 3]! * signal[start + tap + 3]!;
  }
  for (let tap = fours; tap < row.length; tap += 1) a += row[tap]! * signal[start + tap]!;
  return a + b + (c + d);
}

export function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0: its power series, to double precision. */
export function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * Number.EPSILON; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
