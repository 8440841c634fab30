/**
 * The comb of a pitch over the bins of a spectrum, as graph nodes in decibels.
 *
 * A steady partial shows as the main lobe of the window's transform. So the partials of a pitch are
 * that lobe at each of its multiples, and between them the level falls until something else is
 * louder: by the depth, which may differ from band to band. Where the window does not tell the
 * partials apart, the lobes meet before.
 */

import { denseMatrix } from "../audio/filter-bank.ts";
import { LOBE_BINS } from "../audio/hann-lobe.ts";
import { melBank } from "../audio/mel.ts";
import { BIN_HZ, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { Graph, Node } from "../tensor/graph.ts";
import { BIN_COUNT, MEL_BANDS, melMatrix, spreadMatrix } from "./bands.ts";
import { decibelsOfPower, powerOfDecibels } from "./power.ts";

/** Bands in which a comb has a depth of its own. */
export const COMB_BANDS = 16;

/** The square of that, less what keeps its logarithm finite: -75 dB. */
const FARTHEST = 3.996;

/** A bin this near to a partial tells its level, a bin this low in the lobe that between partials. */
const PEAK_DB = -4;
const VALLEY_DB = -28;
/** How far the bins up to PEAK_DB are below the peak, on average. */
const PEAK_LOSS_DB = 1.3;
/** About what instruments and voices have in most bands. */
const USUAL_DEPTH_DB = 20;

/** Noise falls by less than this between any partials, on average over a band: then there are none. */
const DEPTH_LEAST_DB = 6;
/** Bins of evidence that the depth over all bands is worth in each band. */
const PRIOR_BINS = 0.5;

export class Comb {
  readonly #graph: Graph;
  readonly #bins: Node;
  /** Bins -> bands of depth, shape [BIN_COUNT, COMB_BANDS]. */
  readonly #bands: Node;
  /** Back, each bin in the shares of its bands, shape [COMB_BANDS, BIN_COUNT]. */
  readonly #spread: Node;
  readonly #mel: Node;
  readonly #flatMel: Node;

  constructor(graph: Graph) {
    const bands = denseMatrix(
      melBank({
        bandCount: COMB_BANDS,
        binCount: BIN_COUNT,
        sampleRateHz: MODEL_RATE_HZ,
        scale: "htk",
        norm: "peak",
      }),
    );
    const mel = melMatrix();
    this.#graph = graph;
    this.#bins = graph.constant(
      Float32Array.from({ length: BIN_COUNT }, (_, bin) => bin),
      [1, BIN_COUNT],
    );
    this.#bands = graph.constant(bands, [BIN_COUNT, COMB_BANDS]);
    this.#spread = graph.constant(spreadMatrix(bands, COMB_BANDS), [COMB_BANDS, BIN_COUNT]);
    this.#mel = graph.constant(mel, [BIN_COUNT, MEL_BANDS]);
    this.#flatMel = graph.constant(flatLevels(mel), [1, MEL_BANDS]);
  }

  /**
   * Level of each bin below that of the nearest partial, in dB, from 0 to -75.
   *
   * With d the distance in bins: 20 log10 |sinc(d) / (1 - d²)|, by the first factor of the product
   * of the sine and two terms of the logarithm of the others; right to 0.1 dB above -40 dB.
   *
   * @param pitch log2 of hertz, shape [rows, 1].
   * @returns Shape [rows, BIN_COUNT].
   */
  lobes(pitch: Node): Node {
    const graph = this.#graph;
    const spacing = this.#spacing(pitch);
    const partial = graph.max(graph.round(graph.div(this.#bins, spacing)), graph.scalar(1));
    return this.#lobe(graph.square(graph.sub(this.#bins, graph.mul(partial, spacing))));
  }

  /**
   * How far the levels fall between partials, in dB, measured on frames.
   *
   * @param frames Decibels, shape [rows, BIN_COUNT].
   * @param lobes As `lobes` gives them for `pitch`.
   * @returns Shape [rows, COMB_BANDS], 0 or more.
   */
  depthOf(frames: Node, lobes: Node, pitch: Node): Node {
    const graph = this.#graph;
    // Where partials merge, the lowest bins between them stand in for the valley.
    const lowest = this.#lobe(graph.square(graph.scale(this.#spacing(pitch), 0.5)));
    const valleyLevel = graph.max(graph.add(lowest, graph.scalar(2)), graph.scalar(VALLEY_DB));
    const peaks = graph.positive(graph.sub(lobes, graph.scalar(PEAK_DB)));
    const valleys = graph.positive(graph.sub(valleyLevel, lobes));
    const [peakCount, valleyCount] = [this.#inBands(peaks), this.#inBands(valleys)];
    const peakLevels = this.#inBands(graph.mul(peaks, frames));
    const valleyLevels = this.#inBands(graph.mul(valleys, frames));
    const least = graph.scalar(1e-3);
    const fall = graph.sub(
      graph.div(peakLevels, graph.max(peakCount, least)),
      graph.div(valleyLevels, graph.max(valleyCount, least)),
    );
    const evidence = graph.min(peakCount, valleyCount);
    const known = graph.mul(fall, evidence);
    const overall = graph.div(
      graph.reduceSum(known, [1]),
      graph.max(graph.reduceSum(evidence, [1]), least),
    );
    const prior = graph.scalar(PRIOR_BINS);
    const depth = graph.div(
      graph.add(known, graph.mul(overall, prior)),
      graph.add(evidence, prior),
    );
    const whole = graph.add(depth, graph.scalar(PEAK_LOSS_DB));
    return graph.mul(whole, graph.positive(graph.sub(whole, graph.scalar(DEPTH_LEAST_DB))));
  }

  /**
   * The comb itself: the lobes down to the depth.
   *
   * @param depth Shape [rows, COMB_BANDS]; 0 for no comb.
   * @returns Decibels, 0 or less, shape [rows, BIN_COUNT].
   */
  of(lobes: Node, depth: Node): Node {
    const graph = this.#graph;
    return graph.max(lobes, graph.neg(graph.matmul(depth, this.#spread)));
  }

  /** How much quieter the comb makes each mel band, in dB: [rows, BIN_COUNT] -> [rows, MEL_BANDS]. */
  melOf(comb: Node): Node {
    const graph = this.#graph;
    const power = graph.matmul(powerOfDecibels(graph, comb), this.#mel);
    return graph.sub(decibelsOfPower(graph, power), this.#flatMel);
  }

  /**
   * How much deeper than usual the comb is, in dB; 0 where there is none, as if it was usual there.
   *
   * @param depth Times the voicing, shape [rows, COMB_BANDS].
   * @param voicing Shape [rows, 1].
   */
  swingOf(depth: Node, voicing: Node): Node {
    const graph = this.#graph;
    return graph.sub(depth, graph.scale(voicing, USUAL_DEPTH_DB));
  }

  #spacing(pitch: Node): Node {
    const graph = this.#graph;
    return graph.scale(graph.exp(graph.scale(pitch, Math.LN2)), 1 / BIN_HZ);
  }

  /** @param square Of the distance in bins. */
  #lobe(square: Node): Node {
    const graph = this.#graph;
    const near = graph.min(square, graph.scalar(FARTHEST));
    const first = graph.log(
      graph.sub(graph.scalar(1), graph.scale(near, 1 / (LOBE_BINS * LOBE_BINS))),
    );
    const rest = graph.mul(near, graph.add(graph.scale(near, 0.0099), graph.scalar(0.3949)));
    return graph.scale(graph.sub(first, rest), 20 / Math.LN10);
  }

  #inBands(bins: Node): Node {
    return this.#graph.matmul(bins, this.#bands);
  }
}

/** Of a spectrum with 0 dB in every bin, in dB, shape [MEL_BANDS]. */
function flatLevels(mel: Float32Array): Float32Array {
  const sums = new Float64Array(MEL_BANDS);
  for (let at = 0; at < mel.length; at += 1) {
    sums[at % MEL_BANDS] = sums[at % MEL_BANDS]! + mel[at]!;
  }
  return Float32Array.from(sums, (sum) => 10 * Math.log10(sum));
}
