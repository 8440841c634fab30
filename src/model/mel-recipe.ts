/**
 * The `mel` model as a recipe: the way from decibel frames to its pictures and back.
 *
 * A picture cell is log(1 + power), as in the tool that came before. Back to bins goes by
 * least squares with negative powers cut off, which is what costs this model its detail.
 */

import type { Graph, Node } from "../tensor/graph.ts";
import { BIN_COUNT, MEL_BANDS, melMatrix } from "./bands.ts";
import { solvePositive } from "./linear-algebra.ts";
import { MelNet, type MelShape, melDropoutSize, melLosses, melStartingStatistics } from "./mel.ts";
import { powerOfDecibels } from "./power.ts";
import type { Recipe } from "./recipe.ts";

/**
 * Power of the loudest band, as the log sees it: what a steady tone at full scale has in
 * 2048 samples is e^12.5, what noise has is e^7. Lower, and quiet parts drown near 0.
 */
const LOUDEST_POWER = Math.exp(11);

/** Decoded power under this (-96 dB) is silence. */
const SILENT_POWER = 10 ** -9.6;

export function melRecipe(shape: MelShape): Recipe {
  return {
    name: "mel",
    exampleFrames: shape.frameCount,
    latentSize: shape.latentSize,
    exampleLatents: 1,
    contextLatents: 0,
    dropoutWidth: melDropoutSize(shape),
    startingStatistics: melStartingStatistics(shape),
    losses: (scope, mode) => {
      const frames = scope.input("frames", [mode.batch, shape.frameCount, BIN_COUNT]);
      return melLosses(scope, shape, { ...mode, pictures: picturesOf(scope.graph, frames) });
    },
    encode: (scope, { batch, frames }) => {
      const input = scope.input("frames", [batch, frames, BIN_COUNT]);
      const net = new MelNet(scope, shape, { mode: "measure", batch });
      return net.encode(picturesOf(scope.graph, input));
    },
    decode: (scope, { batch, latents }) => {
      const count = batch * latents;
      const input = scope.input("latents", [count, shape.latentSize]);
      const net = new MelNet(scope, shape, { mode: "measure", batch: count });
      return framesOf(scope.graph, net.decode(input));
    },
  };
}

/** Decibel frames [batch, frames, bins] -> [batch, 1, MEL_BANDS, frames]. */
function picturesOf(graph: Graph, frames: Node): Node {
  const [batch = 0, time = 0] = frames.shape;
  const power = graph.reshape(powerOfDecibels(graph, frames), [batch * time, BIN_COUNT]);
  const bands = graph.matmul(power, graph.constant(melMatrix(), [BIN_COUNT, MEL_BANDS]));
  const scaled = graph.add(graph.scale(bands, LOUDEST_POWER), graph.scalar(1));
  const rows = graph.reshape(graph.log(scaled), [batch, time, MEL_BANDS]);
  return graph.reshape(graph.transpose(rows, [0, 2, 1]), [batch, 1, MEL_BANDS, time]);
}

/** The inverse, as well as it goes: [batch, 1, MEL_BANDS, frames] -> decibel frames. */
function framesOf(graph: Graph, pictures: Node): Node {
  const [batch = 0, , , time = 0] = pictures.shape;
  const rows = graph.transpose(graph.reshape(pictures, [batch, MEL_BANDS, time]), [0, 2, 1]);
  const bands = graph.scale(
    graph.sub(graph.exp(graph.reshape(rows, [batch * time, MEL_BANDS])), graph.scalar(1)),
    1 / LOUDEST_POWER,
  );
  const power = graph.matmul(bands, graph.constant(inverseMelMatrix(), [MEL_BANDS, BIN_COUNT]));
  const limited = graph.max(power, graph.scalar(SILENT_POWER));
  const decibels = graph.scale(graph.log(limited), 10 / Math.LN10);
  return graph.reshape(decibels, [batch, time, BIN_COUNT]);
}

/** Mel band power -> the bin powers of least norm that explain it, shape [MEL_BANDS, BIN_COUNT]. */
function inverseMelMatrix(): Float32Array {
  const matrix = melMatrix();
  const gram = new Float64Array(MEL_BANDS * MEL_BANDS);
  const transposed = new Float64Array(MEL_BANDS * BIN_COUNT);
  for (let bin = 0; bin < BIN_COUNT; bin += 1) {
    for (let i = 0; i < MEL_BANDS; i += 1) {
      const left = matrix[bin * MEL_BANDS + i]!;
      transposed[i * BIN_COUNT + bin] = left;
      if (left === 0) continue;
      for (let j = 0; j < MEL_BANDS; j += 1) {
        gram[i * MEL_BANDS + j] = gram[i * MEL_BANDS + j]! + left * matrix[bin * MEL_BANDS + j]!;
      }
    }
  }
  return Float32Array.from(solvePositive(gram, transposed, { size: MEL_BANDS, width: BIN_COUNT }));
}
