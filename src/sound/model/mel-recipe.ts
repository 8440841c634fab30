/**
 * The `mel` model as a recipe: from decibel frames to its pictures and back.
 *
 * A picture cell is log(1 + power), as in the earlier tool. Detail finer than a band is lost in the
 * pictures, which limits this model.
 */

import type { Graph, Node } from "../tensor/graph.ts";
import { BIN_COUNT, MEL_BANDS, melMatrix } from "./bands.ts";
import { MelNet, type MelShape, melDropoutSize, melLosses, melStartingStatistics } from "./mel.ts";
import { MelToBins } from "./mel-to-bins.ts";
import { decibelsOfPower, powerOfDecibels } from "./power.ts";
import type { Recipe } from "./recipe.ts";

/**
 * Power of the loudest band of a file before the log: 80 dB above 1, so that a cell is 0 at the
 * metrics' silence and rises by 1 every 4.3 dB from there. With less, quiet cells crowd near 0,
 * where a squared error cannot separate -80 from -55 dB.
 */
const LOUDEST_POWER = 1e8;

/**
 * The network's numbers times this are the logs, which go to 18: weights that start small would
 * need hundreds of steps to get there. The loss is still that of the logs, as the KL weights expect.
 */
const LOGS_PER_UNIT = 4;

export function melRecipe(shape: MelShape): Recipe {
  return {
    codec: "pictures",
    exampleFrames: shape.frameCount,
    latentSize: shape.latentSize,
    conditions: [],
    exampleLatents: 1,
    contextLatents: 0,
    dropoutWidth: melDropoutSize(shape),
    startingStatistics: melStartingStatistics(shape),
    losses: (scope, mode) => {
      const frames = scope.input("frames", [mode.batch, shape.frameCount, BIN_COUNT]);
      const pictures = picturesOf(scope.graph, frames);
      const losses = melLosses(scope, shape, { ...mode, pictures });
      return {
        ...losses,
        reconstruction: scope.graph.scale(losses.reconstruction, LOGS_PER_UNIT ** 2),
      };
    },
    encode: (scope, { batch, frames }) => {
      const input = scope.input("frames", [batch, frames, BIN_COUNT]);
      const net = new MelNet(scope, shape, { mode: "measure", batch });
      return net.encode(picturesOf(scope.graph, input));
    },
    // Pictures overlap by half: the second half of one is faded into the first half of the next.
    decodeReach: 1,
    decode: (scope, { batch, latents, kept = [0, latents] }) => {
      const { graph } = scope;
      const input = scope.input("latents", [batch * latents, shape.latentSize]);
      const rows = graph.reshape(input, [batch, latents, shape.latentSize]);
      const count = batch * (kept[1] - kept[0]);
      const wanted = graph.reshape(graph.slice(rows, 1, kept), [count, shape.latentSize]);
      const net = new MelNet(scope, shape, { mode: "measure", batch: count });
      return framesOf(graph, net.decode(wanted));
    },
  };
}

/** Decibel frames [batch, frames, bins] -> [batch, 1, MEL_BANDS, frames]. */
function picturesOf(graph: Graph, frames: Node): Node {
  const [batch = 0, time = 0] = frames.shape;
  const power = graph.reshape(powerOfDecibels(graph, frames), [batch * time, BIN_COUNT]);
  const bands = graph.matmul(power, graph.constant(melMatrix(), [BIN_COUNT, MEL_BANDS]));
  const scaled = graph.add(graph.scale(bands, LOUDEST_POWER), graph.scalar(1));
  const logs = graph.scale(graph.log(scaled), 1 / LOGS_PER_UNIT);
  const rows = graph.reshape(logs, [batch, time, MEL_BANDS]);
  return graph.reshape(graph.transpose(rows, [0, 2, 1]), [batch, 1, MEL_BANDS, time]);
}

/** The approximate inverse: [batch, 1, MEL_BANDS, frames] -> decibel frames. */
function framesOf(graph: Graph, pictures: Node): Node {
  const [batch = 0, , , time = 0] = pictures.shape;
  const rows = graph.transpose(graph.reshape(pictures, [batch, MEL_BANDS, time]), [0, 2, 1]);
  const above = graph.sub(graph.exp(graph.scale(rows, LOGS_PER_UNIT)), graph.scalar(1));
  const power = graph.scale(above, 1 / LOUDEST_POWER);
  return new MelToBins(graph).framesOf(decibelsOfPower(graph, power));
}
