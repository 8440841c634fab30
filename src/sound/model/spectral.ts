/**
 * The `spectral` model: a VAE over short groups of STFT frames, of MatMul and elementwise
 * nodes alone.
 *
 * A latent vector describes a group of frames. Encoder and decoder each have a linear path,
 * initialised with the corpus' principal components (foundation.ts), so the model already sounds
 * before its first step: the network only adds what a linear code misses. The decoder has two
 * outputs: mel bands, which the loss measures, and the detail of single bins around them.
 *
 * A model with pitch takes that of each frame as a condition, beside the latents. Its partials are
 * then a comb in closed form (comb.ts); the latents only say how deep it is in each band. What they
 * describe is the envelope, the levels of the partials: it has no pitch, so the comb can be moved
 * under it.
 */

import type { Node } from "../tensor/graph.ts";
import { BIN_COUNT, INPUT_BANDS, inputMatrix, MEL_BANDS } from "./bands.ts";
import { COMB_BANDS } from "./comb.ts";
import { conditionNames } from "./conditions.ts";
import type { SpectralFoundation } from "./foundation.ts";
import {
  columnsOf,
  combIn,
  groupsOf,
  type HeardComb,
  keptPitch,
  type Pitched,
  pitchedFrames,
} from "./frame-pitch.ts";
import { klElements, klPerDimension, limitedLogVariance, sampled } from "./kl.ts";
import { contextBlock, dense, layerNorm } from "./layers.ts";
import { MelToBins } from "./mel-to-bins.ts";
import { decibelsOfPower, powerOfDecibels } from "./power.ts";
import type { LossMode, ModelLosses, ModelScope, Posterior, Recipe } from "./recipe.ts";
import type { SpectralShape } from "./spectral-shape.ts";

/** Unit of the network's contribution, which starts at 0, so that its weights stay small. */
const CORRECTION = { mean: 0.3, melDecibels: 4, detail: 0.3, depthDecibels: 4 } as const;

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
    conditions: shape.pitch === true ? conditionNames : [],
    exampleLatents,
    dropoutWidth: blocks * width,
    startingStatistics: new Float32Array(0),
    losses: (scope, mode) => new SpectralNet(scope, shape, foundation).losses(mode),
    contextLatents: reachOf(shape.encoderBlocks) + reachOf(shape.decoderBlocks),
    encode: (scope, { batch, frames }) => {
      const net = new SpectralNet(scope, shape, foundation);
      const pitched = net.pitched(batch, frames);
      return net.encode(net.heard(scope.input("frames", [batch, frames, BIN_COUNT]), pitched));
    },
    decodeReach: reachOf(shape.decoderBlocks),
    decode: (scope, { batch, latents, kept = [0, latents] }) => {
      const net = new SpectralNet(scope, shape, foundation);
      const input = scope.input("latents", [batch * latents, latentSize]);
      const pitched = net.pitched(batch, latents * groupFrames);
      return net.finished(net.decode(input, { batch, pitched, kept }));
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

/** What the encoder hears: decibels in bands, each [batch, frames, bands], and the pitch. */
interface Heard {
  readonly mel: Node;
  readonly input: Node;
  readonly comb: HeardComb | undefined;
}

interface DecodeOptions {
  readonly batch: number;
  readonly pitched: Pitched | undefined;
  /** Of each example, the groups wanted. @default all */
  readonly kept?: readonly [from: number, to: number];
}

/** Output of the decoder, in dB, each [batch, frames, ...]. */
interface Decoded {
  /** Levels of mel bands. */
  readonly mel: Node;
  /** The same without the comb: what bins follow smoothly. `mel` itself without a comb. */
  readonly envelope: Node;
  /** Deviation of each bin from the envelope. */
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
    const pitched = this.pitched(batch, exampleFrames);
    const heard = this.heard(frames, pitched);
    const posterior = this.encode(heard);
    const latents = (batch * exampleFrames) / groupFrames;
    const latent =
      mode === "train"
        ? sampled(this.#scope, posterior, this.#scope.input("noise", [latents, latentSize]))
        : posterior.mean;
    const elements = klElements(this.#scope, posterior);
    const perDimension = klPerDimension(this.#scope, elements);
    return {
      reconstruction: this.#reconstruction(
        this.decode(latent, { batch, pitched }),
        heard.mel,
        frames,
      ),
      kl: graph.total(graph.max(perDimension, graph.scalar(freeBits))),
      klPerDimension: perDimension,
    };
  }

  /** Undefined for models without pitch. */
  pitched(batch: number, frames: number): Pitched | undefined {
    return this.#shape.pitch === true ? pitchedFrames(this.#scope, batch, frames) : undefined;
  }

  /** Frames [batch, frames, bins] in dB -> levels of bands in dB, not under the floor. */
  heard(frames: Node, pitched: Pitched | undefined): Heard {
    const { graph } = this.#scope;
    const [batch = 0, time = 0] = frames.shape;
    const power = graph.reshape(powerOfDecibels(graph, frames), [batch * time, BIN_COUNT]);
    const input = graph.constant(inputMatrix(), [BIN_COUNT, INPUT_BANDS]);
    const levels = decibelsOfPower(graph, graph.matmul(power, input));
    return {
      mel: this.#bins.bandsOf(frames),
      input: graph.reshape(levels, [batch, time, INPUT_BANDS]),
      comb: pitched && combIn(graph, graph.max(frames, this.#bins.floors), pitched),
    };
  }

  encode({ mel, input, comb }: Heard): Posterior {
    const { graph } = this.#scope;
    const { groupFrames, width, encoderBlocks, latentSize } = this.#shape;
    const [batch = 0, time = 0] = mel.shape;
    const groups = time / groupFrames;
    const envelope = comb === undefined ? mel : graph.sub(mel, comb.mel);
    const centred = graph.sub(
      graph.reshape(envelope, [batch * groups, groupFrames * MEL_BANDS]),
      this.#part("melMean"),
    );
    const swings = comb && [
      graph.sub(
        graph.reshape(comb.swing, [batch * groups, groupFrames * COMB_BANDS]),
        this.#part("swingMean"),
      ),
    ];
    const straight = graph.matmul(
      graph.concat([centred, ...(swings ?? [])], 1),
      this.#part("encode"),
    );
    const scaled = graph.scale(
      graph.sub(input, graph.scalar(CENTRE_DECIBELS)),
      1 / DECIBELS_PER_UNIT,
    );
    const rows = graph.reshape(scaled, [batch * groups, groupFrames * INPUT_BANDS]);
    const columns = comb && [
      columnsOf(graph, comb.pitched, groupFrames),
      graph.reshape(graph.scale(comb.depth, 1 / DECIBELS_PER_UNIT), [
        batch * groups,
        groupFrames * COMB_BANDS,
      ]),
    ];
    const x = graph.concat([rows, ...(columns ?? [])], 1);
    const entry = dense(this.#scope, "encoder.entry", { x, size: width });
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

  /** Latents [batch * groups, latentSize] -> the decoder's output for their frames. */
  decode(all: Node, { batch, pitched: heard, kept }: DecodeOptions): Decoded {
    const { graph } = this.#scope;
    const { groupFrames, width, decoderBlocks } = this.#shape;
    const groupsSeen = (all.shape[0] ?? 0) / batch;
    const [from, to] = kept ?? [0, groupsSeen];
    const groups = to - from;
    const time = groups * groupFrames;
    const x =
      heard === undefined ? all : graph.concat([all, columnsOf(graph, heard, groupFrames)], 1);
    const entry = dense(this.#scope, "decoder.entry", { x, size: width });
    const seen = this.#blocks(
      "decoder",
      graph.reshape(entry, [batch, groupsSeen, width]),
      decoderBlocks,
    );
    const only = (rows: Node): Node =>
      groups === groupsSeen ? rows : groupsOf(graph, rows, { batch, from, to });
    const latents = only(all);
    const flow = only(seen);
    const pitched =
      heard === undefined || groups === groupsSeen
        ? heard
        : keptPitch(graph, heard, { batch, groupFrames, kept: [from, to] });
    const melSize = groupFrames * MEL_BANDS;
    const melCorrection = dense(this.#scope, "decoder.mel", { x: flow, size: melSize, gain: 0 });
    const bands = graph.add(
      graph.add(graph.matmul(latents, this.#part("decode")), this.#part("melMean")),
      graph.scale(melCorrection, CORRECTION.melDecibels),
    );
    const envelope = graph.reshape(bands, [batch, time, MEL_BANDS]);
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
    const cube = (rows: Node, size: number): Node => graph.reshape(rows, [batch, time, size]);
    if (pitched === undefined) {
      return { mel: envelope, envelope, detail: cube(detail, BIN_COUNT) };
    }
    const comb = pitched.comb.of(pitched.lobes, this.#depth({ latents, flow, pitched }));
    return {
      mel: graph.add(envelope, cube(pitched.comb.melOf(comb), MEL_BANDS)),
      envelope,
      detail: cube(graph.add(detail, comb), BIN_COUNT),
    };
  }

  /** How deep the comb is, in dB, shape [batch * frames, COMB_BANDS]. */
  #depth({
    latents,
    flow,
    pitched,
  }: {
    readonly latents: Node;
    readonly flow: Node;
    readonly pitched: Pitched;
  }): Node {
    const { graph } = this.#scope;
    const size = this.#shape.groupFrames * COMB_BANDS;
    const correction = dense(this.#scope, "decoder.depth", { x: flow, size, gain: 0 });
    const straight = graph.add(graph.matmul(latents, this.#part("depth")), this.#part("depthMean"));
    const depth = graph.add(straight, graph.scale(correction, CORRECTION.depthDecibels));
    const rows = graph.reshape(depth, [pitched.voicing.shape[0] ?? 0, COMB_BANDS]);
    return graph.mul(graph.relu(rows), pitched.voicing);
  }

  /** Frames [batch, frames, bins] whose mel bands are the decoder's. */
  finished({ mel, envelope, detail }: Decoded): Node {
    return this.#bins.framesOf(mel, { envelope, detail });
  }

  #reconstruction({ mel, envelope, detail }: Decoded, melTarget: Node, frames: Node): Node {
    const { graph } = this.#scope;
    const floor = graph.scalar(FLOOR_DECIBELS);
    const above = graph.max(mel, floor);
    const below = graph.min(graph.sub(mel, floor), graph.scalar(0));
    const leaky = graph.add(above, graph.scale(below, LEAK));
    const smooth = envelope === mel ? above : graph.max(envelope, floor);
    const error = graph.scale(graph.sub(leaky, melTarget), 1 / DECIBELS_PER_UNIT);
    const time = error.shape[1] ?? 0;
    const change = graph.sub(
      graph.slice(error, 1, [1, time]),
      graph.slice(error, 1, [0, time - 1]),
    );
    const bins = graph.max(graph.add(this.#bins.spreadOut(smooth), detail), this.#bins.floors);
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
    const part = this.#foundation[name];
    if (part === undefined) throw new TypeError(`Cannot build a spectral model without "${name}"`);
    return this.#scope.graph.constant(part.values, part.shape);
  }
}

const FLOOR_DECIBELS = -80;
