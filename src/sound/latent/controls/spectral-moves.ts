/**
 * Moves brightness, width and body of decoded frames, and holds those that are not to move.
 *
 * Gains in dB at knots over the logarithm of the frequency are solved for each latent vector by
 * Gauss-Newton: g += C J' (J C J' + lambda I)^-1 e, where J has the derivatives of the descriptors,
 * e what is still wanted of them (0 on those that are held, loudness always among them), and C
 * prefers smooth curves. A frame takes a few microseconds, no neighbour is needed, and every sound
 * that the decoder gives is a sound: nothing walks out of the region that it knows.
 */

import { BODY_BINS, binOctaves, FIRST_BIN, GATE_DB } from "../../audio/descriptors/spectral.ts";
import { BIN_COUNT } from "../../model/bands.ts";
import { solved } from "./solve.ts";

/** Wanted changes; 0 holds. */
export interface SpectralMove {
  /** In octaves of the centroid. */
  readonly brightness: number;
  /** In octaves of the standard deviation around it. */
  readonly width: number;
  /** In dB of the share below 250 Hz. */
  readonly body: number;
}

export interface SpectrumToMove {
  /** What the wanted changes are counted from: the frames before other moves. */
  readonly before: Float32Array;
  readonly move: SpectralMove;
  /** They are of another pitch, so that only their level is held. @default false */
  readonly isOtherPitch?: boolean;
}

/** Adds the gains to frames in place: decibels, shape [frames, BIN_COUNT], of one latent vector. */
export function moveSpectrum(
  levels: Float32Array,
  { before, move, isOtherPitch = false }: SpectrumToMove,
): void {
  const bands = bandsOf(levels);
  const old = bandsOf(before);
  if (bands === undefined || old === undefined) return;
  const { values } = valuesAt(isOtherPitch ? bands : old, new Float64Array(KNOTS));
  const asked = [move.brightness, move.width, move.body];
  const gains = solvedGains(
    bands,
    values.map((value, kind) => value + asked[kind]!),
  );
  const ofBin = gainsOfBins(gains);
  const even = powerDb(before) - powerDb(levels, ofBin);
  for (let i = 0; i < levels.length; i += 1) {
    levels[i] = levels[i]! + ofBin[i % BIN_COUNT]! + even;
  }
}

// --- internal ---

/** 47 Hz to 24 kHz: 18 knots half an octave apart. */
const KNOTS = 18;
const KNOT_OCTAVES = 0.5;
const FIRST_KNOT = binOctaves[FIRST_BIN]!;
/** Bins that are computed as one: a tenth of an octave, with an edge at 250 Hz. */
const bandEdges = edgesOfBands();
const BANDS = bandEdges.length - 1;
/** How much a knot may move, and over how far the curve is smooth. */
const KNOT_DB = 12;
const SMOOTH_OCTAVES = 1.2;
const STEPS = 4;
const STEP_DB_MAX = 12;
const GAIN_DB_MAX = 30;
const DAMPING = 0.003;
/** Units in which the descriptors are weighed: octaves, octaves, dB. */
const UNITS = [0.2, 0.2, 2] as const;
const KINDS = UNITS.length;
const NEPERS_PER_DB = Math.LN10 / 20;
/** Below this the share of the lows is left as it is. */
const BODY_LEAST = 1e-5;

function edgesOfBands(): number[] {
  const edges = [FIRST_BIN];
  for (let at = FIRST_BIN; at < BIN_COUNT; edges.push(at)) {
    const next = Math.min(BIN_COUNT, Math.max(at + 1, Math.round(at * 2 ** 0.1)));
    at = at < BODY_BINS && next > BODY_BINS ? BODY_BINS : next;
  }
  return edges;
}

/** Share of each knot in a place, by straight lines between knots. */
function knotShares(octave: number): { readonly knot: number; readonly share: number } {
  const place = Math.min(KNOTS - 1.001, Math.max(0, (octave - FIRST_KNOT) / KNOT_OCTAVES));
  return { knot: Math.floor(place), share: place - Math.floor(place) };
}

const binShares = Array.from(binOctaves, knotShares);

const prior = Array.from({ length: KNOTS }, (_, a) =>
  Float64Array.from(
    { length: KNOTS },
    (_, b) => KNOT_DB ** 2 * Math.exp(-0.5 * (((a - b) * KNOT_OCTAVES) / SMOOTH_OCTAVES) ** 2),
  ),
);

/** Sums over the bins of each band, of the mean of the frames. */
interface Bands {
  readonly magnitude: Float64Array;
  readonly power: Float64Array;
  /** Mean octave and mean square octave, weighted by magnitude. */
  readonly octave: Float64Array;
  readonly square: Float64Array;
}

function bandsOf(levels: Float32Array): Bands | undefined {
  const magnitude = new Float64Array(BANDS);
  const power = new Float64Array(BANDS);
  const octave = new Float64Array(BANDS);
  const square = new Float64Array(BANDS);
  for (let row = 0; row < levels.length; row += BIN_COUNT) {
    let peak = Number.NEGATIVE_INFINITY;
    for (let bin = FIRST_BIN; bin < BIN_COUNT; bin += 1) peak = Math.max(peak, levels[row + bin]!);
    for (let band = 0; band < BANDS; band += 1) {
      for (let bin = bandEdges[band]!; bin < bandEdges[band + 1]!; bin += 1) {
        const level = levels[row + bin]!;
        if (level < peak - GATE_DB) continue;
        const value = Math.exp(level * NEPERS_PER_DB);
        const place = binOctaves[bin]!;
        magnitude[band] = magnitude[band]! + value;
        power[band] = power[band]! + value * value;
        octave[band] = octave[band]! + value * place;
        square[band] = square[band]! + value * place * place;
      }
    }
  }
  if (!magnitude.some((value) => value > 0)) return undefined;
  for (let band = 0; band < BANDS; band += 1) {
    const sum = Math.max(magnitude[band]!, 1e-12);
    octave[band] = octave[band]! / sum;
    square[band] = square[band]! / sum;
  }
  return { magnitude, power, octave, square };
}

const bandShares = Array.from({ length: BANDS }, (_, band) =>
  knotShares((binOctaves[bandEdges[band]!]! + binOctaves[bandEdges[band + 1]! - 1]!) / 2),
);

function solvedGains(bands: Bands, wanted: readonly number[]): Float64Array {
  const gains = new Float64Array(KNOTS);
  for (let step = 0; step < STEPS; step += 1) {
    const { values, slopes } = valuesAt(bands, gains);
    const open = values.map((value, k) => (wanted[k]! - value) / UNITS[k]!);
    const change = leastChange(slopes, open);
    const largest = change.reduce((most, by) => Math.max(most, Math.abs(by)), 0);
    const share = Math.min(1, STEP_DB_MAX / Math.max(largest, 1e-9));
    for (let k = 0; k < KNOTS; k += 1) {
      gains[k] = Math.min(GAIN_DB_MAX, Math.max(-GAIN_DB_MAX, gains[k]! + share * change[k]!));
    }
  }
  return gains;
}

/** C J' (J C J' + lambda I)^-1 e. */
function leastChange(slopes: readonly Float64Array[], open: readonly number[]): Float64Array {
  const spread = slopes.map((row) =>
    Float64Array.from(prior, (of) => of.reduce((sum, c, k) => sum + c * row[k]!, 0)),
  );
  const square = slopes.map((row) =>
    Float64Array.from(spread, (other) => row.reduce((sum, v, k) => sum + v * other[k]!, 0)),
  );
  const trace = square.reduce((sum, row, k) => sum + row[k]!, 0);
  for (let k = 0; k < KINDS; k += 1) square[k]![k] = square[k]![k]! + DAMPING * trace + 1e-9;
  const weights = solved(square, open);
  return Float64Array.from({ length: KNOTS }, (_, k) =>
    spread.reduce((sum, row, kind) => sum + weights[kind]! * row[k]!, 0),
  );
}

interface Values {
  /** Brightness, width, body. */
  readonly values: readonly number[];
  /** Their derivatives by the gains, in UNITS for each dB; shape [KINDS][KNOTS]. */
  readonly slopes: readonly Float64Array[];
}

function valuesAt(bands: Bands, gains: Float64Array): Values {
  const magnitude = new Float64Array(BANDS);
  const power = new Float64Array(BANDS);
  let [sum, first, second, total, low] = [1e-12, 0, 0, 1e-12, 0];
  for (let band = 0; band < BANDS; band += 1) {
    const { knot, share } = bandShares[band]!;
    const gain = Math.exp(((1 - share) * gains[knot]! + share * gains[knot + 1]!) * NEPERS_PER_DB);
    const value = bands.magnitude[band]! * gain;
    magnitude[band] = value;
    power[band] = bands.power[band]! * gain * gain;
    sum += value;
    first += value * bands.octave[band]!;
    second += value * bands.square[band]!;
    total += power[band]!;
    if (bandEdges[band]! < BODY_BINS) low += power[band]!;
  }
  const centre = first / sum;
  const meanSquare = second / sum;
  const width = Math.sqrt(Math.max(1e-6, meanSquare - centre * centre));
  const hasBody = low > BODY_LEAST * total;
  const slopes = UNITS.map(() => new Float64Array(KNOTS));
  for (let band = 0; band < BANDS; band += 1) {
    const { knot, share } = bandShares[band]!;
    const part = (magnitude[band]! / sum) * NEPERS_PER_DB;
    const octave = bands.octave[band]!;
    const ofWidth =
      (bands.square[band]! - meanSquare - 2 * centre * (octave - centre)) / (2 * width);
    const ofLow = bandEdges[band]! < BODY_BINS && hasBody ? power[band]! / low : 0;
    const ofTotal = power[band]! / total;
    const by = [part * (octave - centre), part * ofWidth, hasBody ? ofLow - ofTotal : 0];
    for (let kind = 0; kind < KINDS; kind += 1) {
      const slope = by[kind]! / UNITS[kind]!;
      const row = slopes[kind]!;
      row[knot] = row[knot]! + (1 - share) * slope;
      row[knot + 1] = row[knot + 1]! + share * slope;
    }
  }
  const body = 10 * Math.log10(Math.max(low / total, BODY_LEAST));
  return { values: [centre, width, body], slopes };
}

function powerDb(levels: Float32Array, gains?: Float64Array): number {
  let sum = 1e-12;
  for (let i = 0; i < levels.length; i += 1) {
    sum += Math.exp(2 * NEPERS_PER_DB * (levels[i]! + (gains?.[i % BIN_COUNT] ?? 0)));
  }
  return 10 * Math.log10(sum);
}

function gainsOfBins(gains: Float64Array): Float64Array {
  return Float64Array.from(
    binShares,
    ({ knot, share }) => (1 - share) * gains[knot]! + share * gains[knot + 1]!,
  );
}
