/**
 * The `mel` model: a convolutional VAE on one-second pictures of 128 mel bands.
 *
 * The architecture of the earlier tool (four stride-2 convolutions down, four up, one latent vector
 * per picture), kept as the baseline for everything else. Convolutions in front of a batch norm
 * carry no bias: its effect would be cancelled exactly, and so would its gradient.
 */

import * as v from "valibot";
import { fields, type Shape } from "../../checked.ts";
import type { Node } from "../tensor/graph.ts";
import { MEL_BANDS } from "./bands.ts";
import { klElements, klPerDimension, limitedLogVariance, sampled } from "./kl.ts";
import { ones, type Start, zeros } from "./parameters.ts";
import type { LossMode, ModelLosses, ModelScope, Posterior } from "./recipe.ts";
import { frameCount, latentSize, layerWidth } from "./shape-limits.ts";

export interface MelShape {
  /** Feature maps after each halving of the picture; the first is nearest to the picture. */
  readonly channels: readonly number[];
  readonly melBands: number;
  /** Frames in a picture; like `melBands` a multiple of 2 ** channels.length. */
  readonly frameCount: number;
  readonly latentSize: number;
}

export const melShape: MelShape = {
  channels: [32, 64, 128, 256],
  melBands: MEL_BANDS,
  frameCount: 96,
  latentSize: 64,
};

/** Each halves the bands, of which there are 128. */
const HALVINGS_MAX = 7;

export const melShapeCheck: Shape<MelShape> = v.pipe(
  fields<MelShape>({
    channels: v.pipe(v.array(layerWidth), v.minLength(1), v.maxLength(HALVINGS_MAX)),
    melBands: v.literal(MEL_BANDS),
    frameCount,
    latentSize,
  }),
  v.check(
    (shape) => shape.frameCount % 2 ** shape.channels.length === 0,
    "a frameCount that can be halved by each layer",
  ),
);

const WINDOW = { kernel: 3, stride: 2, padding: 1 };
const BATCH_NORM_EPSILON = 1e-5;
const BATCH_NORM_MOMENTUM = 0.1;

export interface MelLossOptions extends LossMode {
  /** Shape [batch, 1, melBands, frameCount], at or above 0. */
  readonly pictures: Node;
}

/** In training, asks for the inputs "noise", "dropped" and "statistics". */
export function melLosses(
  scope: ModelScope,
  shape: MelShape,
  { pictures, ...mode }: MelLossOptions,
): ModelLosses {
  const { graph } = scope;
  const net = new MelNet(scope, shape, mode);
  const posterior = net.encode(pictures);
  const latent =
    mode.mode === "train"
      ? sampled(scope, posterior, scope.input("noise", [mode.batch, shape.latentSize]))
      : posterior.mean;
  const result = net.decode(latent);
  const elements = klElements(scope, posterior);
  const free = graph.max(elements, graph.scalar(mode.freeBits));
  const statistics = net.statisticsAfter();
  return {
    reconstruction: graph.mean(graph.square(graph.sub(result, pictures))),
    kl: graph.scale(graph.total(free), 1 / mode.batch),
    klPerDimension: klPerDimension(scope, elements),
    ...(statistics && { statistics }),
  };
}

/** Running statistics before the first batch, of each norm in turn: means 0, then variances 1. */
export function melStartingStatistics({ channels }: MelShape): Float32Array {
  const norms = [...channels, ...channels.slice(0, -1).toReversed()];
  return Float32Array.from(
    norms.flatMap((count) => [...new Array(count).fill(0), ...new Array(count).fill(1)]),
  );
}

/** Channels of all batch norms, for one picture: the width of "dropped", half that of "statistics". */
export function melDropoutSize({ channels }: MelShape): number {
  return sum(channels) + sum(channels.slice(0, -1));
}

/** The network's two halves, and the running statistics that its batch norms share. */
export class MelNet {
  readonly #scope: ModelScope;
  readonly #shape: MelShape;
  readonly #mode: Pick<LossMode, "mode" | "batch">;
  readonly #fresh: Node[] = [];
  #statisticsAt = 0;
  #droppedAt = 0;

  constructor(scope: ModelScope, shape: MelShape, mode: Pick<LossMode, "mode" | "batch">) {
    this.#scope = scope;
    this.#shape = shape;
    this.#mode = mode;
  }

  /** Pictures [batch, 1, melBands, frames] -> posterior, shapes [batch, latentSize]. */
  encode(pictures: Node): Posterior {
    const { channels, latentSize } = this.#shape;
    let flow = pictures;
    for (const [i, count] of channels.entries()) {
      const into = channels[i - 1] ?? 1;
      const weight = this.#weight(`encoder.${i}.weight`, [count, into, 3, 3], into * 9);
      flow = this.#normalised(`encoder.${i}`, this.#scope.graph.conv(flow, weight, WINDOW));
    }
    const flat = this.#scope.graph.reshape(flow, [this.#mode.batch, this.#flatSize()]);
    return {
      mean: this.#dense("mean", flat, latentSize),
      logVariance: limitedLogVariance(this.#scope, this.#dense("logVariance", flat, latentSize)),
    };
  }

  /** Latents [batch, latentSize] -> pictures [batch, 1, melBands, frames], at or above 0. */
  decode(latent: Node): Node {
    const { graph } = this.#scope;
    const { channels, melBands, frameCount } = this.#shape;
    const { batch } = this.#mode;
    const depth = channels.length;
    const [height, width] = [melBands, frameCount].map((length) => length / 2 ** depth);
    const last = channels.at(-1) ?? 1;
    this.#skipEncoder();
    let flow = graph.reshape(this.#dense("fromLatent", latent, this.#flatSize()), [
      batch,
      last,
      height!,
      width!,
    ]);
    for (const [i, into] of channels.toReversed().entries()) {
      const count = channels[depth - 2 - i] ?? 1;
      const weight = this.#weight(`decoder.${i}.weight`, [into, count, 3, 3], count * 9);
      const scale = 2 ** (depth - 1 - i);
      const size = { height: melBands / scale, width: frameCount / scale };
      const up = graph.convTranspose(flow, weight, { ...WINDOW, ...size });
      flow = i < depth - 1 ? this.#normalised(`decoder.${i}`, up) : up;
    }
    return this.#softplus(graph.add(flow, this.#scope.parameter("output.bias", [1], zeros)));
  }

  /** Running statistics after this batch; undefined where they are only read. */
  statisticsAfter(): Node | undefined {
    if (this.#mode.mode !== "train") return undefined;
    const { graph } = this.#scope;
    const before = this.#statistics();
    const fresh = graph.concat(this.#fresh, 0);
    return graph.add(
      graph.scale(before, 1 - BATCH_NORM_MOMENTUM),
      graph.scale(fresh, BATCH_NORM_MOMENTUM),
    );
  }

  /** Batch norm, ReLU and channel dropout of [batch, channels, height, width]. */
  #normalised(name: string, image: Node): Node {
    const { graph } = this.#scope;
    const [batch = 0, channels = 0, height = 0, width = 0] = image.shape;
    const rows = graph.reshape(image, [batch, channels, height * width]);
    const { mean, variance } = this.#moments(rows);
    const gain = graph.reshape(this.#scope.parameter(`${name}.gain`, [channels], ones), [
      channels,
      1,
    ]);
    const bias = graph.reshape(this.#scope.parameter(`${name}.bias`, [channels], zeros), [
      channels,
      1,
    ]);
    const deviation = graph.sqrt(graph.add(variance, graph.scalar(BATCH_NORM_EPSILON)));
    const scale = graph.div(gain, deviation);
    const shift = graph.sub(bias, graph.mul(mean, scale));
    const kept = this.#kept(channels);
    // The mask is never negative, so it may act before the ReLU, on the two small tensors.
    const masked = (node: Node): Node => (kept === undefined ? node : graph.mul(kept, node));
    const flow = graph.relu(graph.add(graph.mul(rows, masked(scale)), masked(shift)));
    return graph.reshape(flow, image.shape);
  }

  /** Of the batch in training, running ones otherwise; shapes [channels, 1]. */
  #moments(rows: Node): { mean: Node; variance: Node } {
    const { graph } = this.#scope;
    const [batch = 0, channels = 0, pixels = 0] = rows.shape;
    if (this.#mode.mode !== "train") {
      const part = (): Node => {
        const range = [this.#statisticsAt, this.#statisticsAt + channels] as const;
        this.#statisticsAt += channels;
        return graph.reshape(graph.slice(this.#statistics(), 0, range), [channels, 1]);
      };
      return { mean: part(), variance: part() };
    }
    const mean = graph.reshape(graph.reduceMean(rows, [0, 2]), [channels, 1]);
    const meanSquare = graph.reshape(graph.reduceMean(graph.square(rows), [0, 2]), [channels, 1]);
    const variance = graph.sub(meanSquare, graph.square(mean));
    const count = batch * pixels;
    const unbiased = graph.scale(variance, count / Math.max(1, count - 1));
    for (const node of [mean, unbiased]) this.#fresh.push(graph.reshape(node, [channels]));
    return { mean, variance };
  }

  #kept(channels: number): Node | undefined {
    if (this.#mode.mode !== "train") return undefined;
    const { graph } = this.#scope;
    const dropped = this.#scope.input("dropped", [this.#mode.batch, melDropoutSize(this.#shape)]);
    const range = [this.#droppedAt, this.#droppedAt + channels] as const;
    this.#droppedAt += channels;
    return graph.reshape(graph.slice(dropped, 1, range), [this.#mode.batch, channels, 1]);
  }

  /** A decoder on its own reads its statistics behind the encoder's. */
  #skipEncoder(): void {
    const encoder = sum(this.#shape.channels);
    this.#statisticsAt = 2 * encoder;
    this.#droppedAt = encoder;
  }

  #statistics(): Node {
    return this.#scope.input("statistics", [2 * melDropoutSize(this.#shape)]);
  }

  #dense(name: string, flow: Node, size: number): Node {
    const { graph } = this.#scope;
    const [, into = 0] = flow.shape;
    const weight = this.#weight(`${name}.weight`, [size, into], into);
    const bias = this.#weight(`${name}.bias`, [size], into);
    return graph.add(graph.matmul(flow, weight, { transposeB: true }), bias);
  }

  /** PyTorch's default start: uniform within 1 / sqrt(inputs of one unit). */
  #weight(name: string, shape: readonly number[], fanIn: number): Node {
    const start: Start = { kind: "uniform", bound: 1 / Math.sqrt(fanIn) };
    return this.#scope.parameter(name, shape, start);
  }

  #flatSize(): number {
    const { channels, melBands, frameCount } = this.#shape;
    return ((channels.at(-1) ?? 1) * melBands * frameCount) / 4 ** channels.length;
  }

  /** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which cannot overflow. */
  #softplus(x: Node): Node {
    const { graph } = this.#scope;
    const tail = graph.log(graph.add(graph.exp(graph.neg(graph.abs(x))), graph.scalar(1)));
    return graph.add(graph.relu(x), tail);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
