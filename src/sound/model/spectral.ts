/**
 * The `spectral` model: a VAE over short groups of STFT frames, of MatMul and elementwise
 * nodes alone.
 *
 * A latent vector describes a group of frames. Encoder and decoder each have a linear path,
 * initialised with the corpus' principal components (foundation.ts), so the model already sounds
 * before its first step: the network only adds what a linear code misses. The decoder has two
 * outputs: mel bands, which the loss measures, and the detail of single bins around them.
 */

import * as v from "valibot";
import { fields, type Shape, wholeNumber } from "../../checked.ts";
import type { Graph, Node } from "../tensor/graph.ts";
import { BIN_COUNT, INPUT_BANDS, inputMatrix, MEL_BANDS } from "./bands.ts";
import type { SpectralFoundation } from "./foundation.ts";
import { klElements, klPerDimension, limitedLogVariance, sampled } from "./kl.ts";
import { contextBlock, dense, layerNorm } from "./layers.ts";
import { MelToBins } from "./mel-to-bins.ts";
import { decibelsOfPower, powerOfDecibels } from "./power.ts";
import type { LossMode, ModelLosses, ModelScope, Posterior, Recipe } from "./recipe.ts";
import { blockCount, frameCount, latentSize, layerWidth } from "./shape-limits.ts";

export interface SpectralShape {
  /** Frames that share a latent vector; 4 frames at hop 512 and 48 kHz last 43 ms. */
  readonly groupFrames: number;
  /** Frames of one training example, a multiple of `groupFrames`. */
  readonly exampleFrames: number;
  readonly latentSize: number;
  /** Width of the network, in units. */
  readonly width: number;
  readonly encoderBlocks: number;
  readonly decoderBlocks: number;
  /** Inner width of the blocks, as a multiple of `width`. */
  readonly widening: number;
}

export const spectralShape: SpectralShape = {
  groupFrames: 4,
  exampleFrames: 64,
  latentSize: 32,
  width: 384,
  encoderBlocks: 2,
  decoderBlocks: 2,
  widening: 1,
};

const GROUP_MAX = 64;
const WIDENING_MAX = 16;

export const spectralShapeCheck: Shape<SpectralShape> = v.pipe(
  fields<SpectralShape>({
    groupFrames: wholeNumber(1, GROUP_MAX),
    exampleFrames: frameCount,
    latentSize,
    width: layerWidth,
    encoderBlocks: blockCount,
    decoderBlocks: blockCount,
    widening: wholeNumber(1, WIDENING_MAX),
  }),
  v.check(
    ({ exampleFrames, groupFrames }) => exampleFrames % groupFrames === 0,
    "exampleFrames that are whole groups",
  ),
);

/** Unit of the network's contribution, which starts at 0, so that its weights stay small. */
const CORRECTION = { mean: 0.3, melDecibels: 4, detail: 0.3 } as const;

/** Log variance at the start: latents begin nearly noiseless, so that the first preview is clean. */
const STARTING_LOG_VARIANCE = -8;

/** Scale of decibels inside the network: 20 dB become 1. */
const DECIBELS_PER_UNIT = 20;
const CENTRE_DECIBELS = -40;

/** Share of a level below the floor that still counts in the loss, so that it keeps a gradient. */
const LEAK = 0.05;

/** Weights of the parts of the reconstruction loss. */
const LOSS = { bands: 3, change: 0.6, bins: 0.9 } as const;

export function spectralRecipe(shape: SpectralShape, foundation: SpectralFoundation): Recipe {
  const { groupFrames, exampleFrames, latentSize, width } = shape;
  const exampleLatents = exampleFrames / groupFrames;
  const blocks = shape.encoderBlocks + shape.decoderBlocks;
  return {
    codec: "path",
    exampleFrames,
    latentSize,
    exampleLatents,
    dropoutWidth: blocks * width,
    startingStatistics: new Float32Array(0),
    losses: (scope, mode) => new SpectralNet(scope, shape, foundation).losses(mode),
    contextLatents: reachOf(shape.encoderBlocks) + reachOf(shape.decoderBlocks),
    encode: (scope, { batch, frames }) => {
      const net = new SpectralNet(scope, shape, foundation);
      return net.encode(net.bands(scope.input("frames", [batch, frames, BIN_COUNT])));
    },
    decodeReach: reachOf(shape.decoderBlocks),
    decode: (scope, { batch, latents, kept = [0, latents] }) => {
      const net = new SpectralNet(scope, shape, foundation);
      const input = scope.input("latents", [batch * latents, latentSize]);
      return net.finished(net.decode(input, batch, kept));
    },
  };
}

/** The first blocks mix direct neighbours, later ones more distant ones. */
function blockReach(block: number): number {
  return block < 2 ? 1 : 2;
}

function reachOf(blocks: number): number {
  return Array.from({ length: blocks }, (_, i) => blockReach(i)).reduce((a, b) => a + b, 0);
}

/** Decibels in bands, each [batch, frames, bands]. */
interface BandLevels {
  readonly mel: Node;
  readonly input: Node;
}

/** Output of the decoder: levels of mel bands, and the deviation of each bin from them. */
interface Decoded {
  readonly mel: Node;
  readonly detail: Node;
}

class SpectralNet {
  readonly #scope: ModelScope;
  readonly #shape: SpectralShape;
  readonly #foundation: SpectralFoundation;
  readonly #bins: MelToBins;
  #dropped: Node | undefined;
  #droppedAt = 0;

  constructor(scope: ModelScope, shape: SpectralShape, foundation: SpectralFoundation) {
    this.#scope = scope;
    this.#shape = shape;
    this.#foundation = foundation;
    this.#bins = new MelToBins(scope.graph);
  }

  losses({ mode, batch, freeBits }: LossMode): ModelLosses {
    const { graph } = this.#scope;
    const { exampleFrames, groupFrames, latentSize, width } = this.#shape;
    const frames = this.#scope.input("frames", [batch, exampleFrames, BIN_COUNT]);
    const blocks = this.#shape.encoderBlocks + this.#shape.decoderBlocks;
    if (mode === "train") this.#dropped = this.#scope.input("dropped", [batch, blocks * width]);
    const bands = this.bands(frames);
    const posterior = this.encode(bands);
    const latents = (batch * exampleFrames) / groupFrames;
    const latent =
      mode === "train"
        ? sampled(this.#scope, posterior, this.#scope.input("noise", [latents, latentSize]))
        : posterior.mean;
    const elements = klElements(this.#scope, posterior);
    const perDimension = klPerDimension(this.#scope, elements);
    return {
      reconstruction: this.#reconstruction(this.decode(latent, batch), bands.mel, frames),
      kl: graph.total(graph.max(perDimension, graph.scalar(freeBits))),
      klPerDimension: perDimension,
    };
  }

  /** Frames [batch, frames, bins] in dB -> levels of bands in dB, not under the floor. */
  bands(frames: Node): BandLevels {
    const { graph } = this.#scope;
    const [batch = 0, time = 0] = frames.shape;
    const power = graph.reshape(powerOfDecibels(graph, frames), [batch * time, BIN_COUNT]);
    const input = graph.constant(inputMatrix(), [BIN_COUNT, INPUT_BANDS]);
    const levels = decibelsOfPower(graph, graph.matmul(power, input));
    return {
      mel: this.#bins.bandsOf(frames),
      input: graph.reshape(levels, [batch, time, INPUT_BANDS]),
    };
  }

  encode({ mel, input }: BandLevels): Posterior {
    const { graph } = this.#scope;
    const { groupFrames, width, encoderBlocks, latentSize } = this.#shape;
    const [batch = 0, time = 0] = mel.shape;
    const groups = time / groupFrames;
    const centred = graph.sub(
      graph.reshape(mel, [batch * groups, groupFrames * MEL_BANDS]),
      this.#part("melMean"),
    );
    const straight = graph.matmul(centred, this.#part("encode"));
    const scaled = graph.scale(
      graph.sub(input, graph.scalar(CENTRE_DECIBELS)),
      1 / DECIBELS_PER_UNIT,
    );
    const rows = graph.reshape(scaled, [batch * groups, groupFrames * INPUT_BANDS]);
    const entry = dense(this.#scope, "encoder.entry", { x: rows, size: width });
    const flow = this.#blocks(
      "encoder",
      graph.reshape(entry, [batch, groups, width]),
      encoderBlocks,
    );
    const head = (name: string, bias: number): Node =>
      dense(this.#scope, `encoder.${name}`, { x: flow, size: latentSize, gain: 0, bias });
    return {
      mean: graph.add(straight, graph.scale(head("mean", 0), CORRECTION.mean)),
      logVariance: limitedLogVariance(this.#scope, head("logVariance", STARTING_LOG_VARIANCE)),
    };
  }

  /**
   * Latents [batch * groups, latentSize] -> the decoder's output for their frames.
   *
   * @param kept Of each example, the groups wanted. @default all
   */
  decode(all: Node, batch: number, kept?: readonly [number, number]): Decoded {
    const { graph } = this.#scope;
    const { groupFrames, width, decoderBlocks } = this.#shape;
    const groupsSeen = (all.shape[0] ?? 0) / batch;
    const [from, to] = kept ?? [0, groupsSeen];
    const groups = to - from;
    const time = groups * groupFrames;
    const entry = dense(this.#scope, "decoder.entry", { x: all, size: width });
    const seen = this.#blocks(
      "decoder",
      graph.reshape(entry, [batch, groupsSeen, width]),
      decoderBlocks,
    );
    const only = (rows: Node): Node =>
      groups === groupsSeen ? rows : groupsOf(graph, rows, { batch, from, to });
    const latents = only(all);
    const flow = only(seen);
    const melSize = groupFrames * MEL_BANDS;
    const melCorrection = dense(this.#scope, "decoder.mel", { x: flow, size: melSize, gain: 0 });
    const mel = graph.add(
      graph.add(graph.matmul(latents, this.#part("decode")), this.#part("melMean")),
      graph.scale(melCorrection, CORRECTION.melDecibels),
    );
    const [detailCount = 0] = this.#foundation.detailBasis.shape;
    const weights = dense(this.#scope, "decoder.detail", {
      x: flow,
      size: groupFrames * detailCount,
      gain: 0,
    });
    const detail = graph.add(
      graph.reshape(
        graph.add(graph.matmul(latents, this.#part("detail")), this.#part("detailMean")),
        [batch * time, BIN_COUNT],
      ),
      graph.matmul(
        graph.reshape(graph.scale(weights, CORRECTION.detail), [batch * time, detailCount]),
        this.#part("detailBasis"),
      ),
    );
    return {
      mel: graph.reshape(mel, [batch, time, MEL_BANDS]),
      detail: graph.reshape(detail, [batch, time, BIN_COUNT]),
    };
  }

  /** Frames [batch, frames, bins] whose mel bands are the decoder's. */
  finished({ mel, detail }: Decoded): Node {
    return this.#bins.framesOf(mel, detail);
  }

  #reconstruction({ mel, detail }: Decoded, melTarget: Node, frames: Node): Node {
    const { graph } = this.#scope;
    const floor = graph.scalar(FLOOR_DECIBELS);
    const above = graph.max(mel, floor);
    const below = graph.min(graph.sub(mel, floor), graph.scalar(0));
    const leaky = graph.add(above, graph.scale(below, LEAK));
    const error = graph.scale(graph.sub(leaky, melTarget), 1 / DECIBELS_PER_UNIT);
    const time = error.shape[1] ?? 0;
    const change = graph.sub(
      graph.slice(error, 1, [1, time]),
      graph.slice(error, 1, [0, time - 1]),
    );
    const bins = graph.max(graph.add(this.#bins.spreadOut(above), detail), this.#bins.floors);
    const binError = graph.scale(
      graph.sub(bins, graph.max(frames, this.#bins.floors)),
      1 / DECIBELS_PER_UNIT,
    );
    const parts = [
      graph.scale(graph.mean(graph.abs(error)), LOSS.bands),
      graph.scale(graph.mean(graph.abs(change)), LOSS.change),
      graph.scale(graph.mean(graph.abs(binError)), LOSS.bins),
    ];
    return parts.reduce((sum, part) => graph.add(sum, part));
  }

  /** Residual blocks, a last norm, and rows: [batch, groups, width] -> [batch * groups, width]. */
  #blocks(name: string, entry: Node, count: number): Node {
    const { graph } = this.#scope;
    const [batch = 0, groups = 0, width = 0] = entry.shape;
    let flow = entry;
    for (let i = 0; i < count; i += 1) {
      flow = contextBlock(this.#scope, flow, {
        name: `${name}.${i}`,
        reach: blockReach(i),
        widening: this.#shape.widening,
        dropped: this.#nextDropped(batch, width),
      });
    }
    return graph.reshape(layerNorm(this.#scope, `${name}.last`, flow), [batch * groups, width]);
  }

  #nextDropped(batch: number, width: number): Node | undefined {
    if (this.#dropped === undefined) return undefined;
    const { graph } = this.#scope;
    const range = [this.#droppedAt, this.#droppedAt + width] as const;
    this.#droppedAt += width;
    return graph.reshape(graph.slice(this.#dropped, 1, range), [batch, 1, width]);
  }

  /** The foundation is frozen: in experiments, training it made it worse. */
  #part(name: keyof SpectralFoundation): Node {
    const { shape, values } = this.#foundation[name];
    return this.#scope.graph.constant(values, shape);
  }
}

/** Rows [batch * groups, width] -> of each example the groups [from, to). */
function groupsOf(
  graph: Graph,
  rows: Node,
  { batch, from, to }: { readonly batch: number; readonly from: number; readonly to: number },
): Node {
  const [count = 0, width = 0] = rows.shape;
  const cube = graph.reshape(rows, [batch, count / batch, width]);
  return graph.reshape(graph.slice(cube, 1, [from, to]), [batch * (to - from), width]);
}

const FLOOR_DECIBELS = -80;
