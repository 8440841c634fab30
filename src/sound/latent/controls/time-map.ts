/**
 * Moves decay and length of a sound: a map of its time, by straight lines between its stations.
 *
 * The stretches between peak, end of the held part, fall by 26 dB and end are each played slower or
 * faster; the attack stays. Decay stretches the fall and length the whole; what is not to move is
 * held by the other parts as far as they go.
 */

import { stationsOf } from "../../audio/descriptors/timing.ts";

/** Wanted changes in octaves: 1 is twice as long; 0 holds. */
export interface TimeMove {
  readonly decay: number;
  readonly length: number;
}

/** Where each moment of the moved sound lies in the sound as it was. */
export interface TimeMap {
  /** Moments of the moved sound. */
  readonly length: number;
  /** Of each, its place in the sound as it was: a fraction between two moments. */
  readonly places: Float64Array;
}

/** How far a part gives way so that another can be held, and how slowly or fast time may run. */
const GIVES = { least: 0.2, most: 6 } as const;
/** A stretch shorter than a moment has nothing to stretch. */
const LEAST_MOMENTS = 0.5;

/**
 * @param loudness Of each moment, in dB: of frames, or of latent vectors.
 * @returns The map for these moments; the identity where nothing moves.
 */
export function timeMapOf(loudness: Float64Array, move: TimeMove): TimeMap {
  const { foot, peak, held, fallen, end } = stationsOf(loudness);
  const knots = [0, foot, peak, Math.max(peak, held), Math.max(held, fallen), end, loudness.length];
  const spans = knots.slice(1).map((knot, i) => Math.max(0, knot - knots[i]!));
  const factors = factorsOf(spans, move);
  const places: number[] = [];
  for (const [i, span] of spans.entries()) {
    const count = span * factors[i]!;
    const before = knots[i]!;
    // The grid of moments goes on across a station.
    for (let at = places.length; at < startOf(spans, factors, i) + count - 1e-9; at += 1) {
      places.push(before + (at - startOf(spans, factors, i)) / factors[i]!);
    }
  }
  if (places.length === 0) places.push(0);
  return { length: places.length, places: Float64Array.from(places) };
}

function startOf(spans: readonly number[], factors: readonly number[], i: number): number {
  return spans.slice(0, i).reduce((sum, span, k) => sum + span * factors[k]!, 0);
}

/** Of: before the foot, attack, held, fall, tail, what is silent. */
function factorsOf(spans: readonly number[], { decay, length }: TimeMove): number[] {
  const [, rise = 0, held = 0, fall = 0, tail = 0] = spans;
  let ofFall = 2 ** decay;
  const rest = held + tail;
  const wanted = (rise + held + fall + tail) * 2 ** length;
  let ofRest = 1;
  if (rest >= LEAST_MOMENTS) {
    const open = wanted - rise - fall * ofFall;
    ofRest = Math.min(GIVES.most, Math.max(GIVES.least, open / rest));
  }
  if (length !== 0 && fall >= LEAST_MOMENTS) {
    // What the rest cannot give, the fall must: a length that was asked for comes first.
    ofFall = Math.min(
      GIVES.most * ofFall,
      Math.max(GIVES.least * ofFall, (wanted - rise - rest * ofRest) / fall),
    );
  }
  return [1, 1, ofRest, ofFall, ofRest, 1];
}

/** Rows at the places of a map, by straight lines between two; `width` numbers each. */
export function rowsAt(rows: Float32Array, { places }: TimeMap, width: number): Float32Array {
  const last = rows.length / width - 1;
  const out = new Float32Array(places.length * width);
  for (const [i, place] of places.entries()) {
    const before = Math.min(last, Math.floor(place));
    const after = Math.min(last, before + 1);
    const share = Math.min(1, place - before);
    for (let k = 0; k < width; k += 1) {
      const low = rows[before * width + k]!;
      out[i * width + k] = low + share * (rows[after * width + k]! - low);
    }
  }
  return out;
}
