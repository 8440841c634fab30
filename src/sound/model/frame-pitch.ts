/** Pitch and voicing of frames as graph nodes, and the comb that they make of them. */

import type { Graph, Node } from "../tensor/graph.ts";
import { BIN_COUNT, MEL_BANDS } from "./bands.ts";
import { Comb } from "./comb.ts";
import { CONDITION_COUNT } from "./conditions.ts";
import type { ModelScope } from "./recipe.ts";

/** Pitch and voicing of frames. */
export interface Pitched {
  readonly comb: Comb;
  /** log2 of hertz, shape [batch * frames, 1]. */
  readonly pitch: Node;
  /** 0 to 1, shape [batch * frames, 1]. */
  readonly voicing: Node;
  /** The comb without its depth, in dB, shape [batch * frames, BIN_COUNT]. */
  readonly lobes: Node;
}

/** The comb that is in the frames: its depth, and how much quieter it makes the mel bands. */
export interface HeardComb {
  readonly pitched: Pitched;
  /** Shape [batch * frames, COMB_BANDS]. */
  readonly depth: Node;
  /** The same less what is usual, see comb.ts. */
  readonly swing: Node;
  /** Shape [batch, frames, MEL_BANDS]. */
  readonly mel: Node;
}

/** Pitches inside a network are octaves from here: log2 of 256 Hz. */
const CENTRE_PITCH = 8;

/** Of the input "conditions", [batch, frames, CONDITION_COUNT]. */
export function pitchedFrames(scope: ModelScope, batch: number, frames: number): Pitched {
  const { graph } = scope;
  const conditions = graph.reshape(scope.input("conditions", [batch, frames, CONDITION_COUNT]), [
    batch * frames,
    CONDITION_COUNT,
  ]);
  const pitch = graph.slice(conditions, 1, [0, 1]);
  const voicing = graph.slice(conditions, 1, [1, 2]);
  const comb = new Comb(graph);
  return { comb, pitch, voicing, lobes: comb.lobes(pitch) };
}

/** @param frames Decibels, not under the floor of any bin, shape [batch, frames, BIN_COUNT]. */
export function combIn(graph: Graph, frames: Node, pitched: Pitched): HeardComb {
  const [batch = 0, time = 0] = frames.shape;
  const { comb, pitch, voicing, lobes } = pitched;
  const rows = graph.reshape(frames, [batch * time, BIN_COUNT]);
  const depth = graph.mul(comb.depthOf(rows, lobes, pitch), voicing);
  const swing = comb.swingOf(depth, voicing);
  const mel = comb.melOf(comb.of(lobes, depth));
  return { pitched, depth, swing, mel: graph.reshape(mel, [batch, time, MEL_BANDS]) };
}

/** As a network takes them: [batch * groups, groupFrames * CONDITION_COUNT]. */
export function columnsOf(graph: Graph, { pitch, voicing }: Pitched, groupFrames: number): Node {
  const octaves = graph.mul(graph.sub(pitch, graph.scalar(CENTRE_PITCH)), voicing);
  const groups = (pitch.shape[0] ?? 0) / groupFrames;
  const size = groupFrames * CONDITION_COUNT;
  return graph.reshape(graph.concat([octaves, voicing], 1), [groups, size]);
}

export interface KeptGroups {
  readonly batch: number;
  readonly groupFrames: number;
  /** Of each example, the groups wanted. */
  readonly kept: readonly [from: number, to: number];
}

/** Of some groups of each example alone. */
export function keptPitch(
  graph: Graph,
  { comb, ...heard }: Pitched,
  { batch, groupFrames, kept: [from, to] }: KeptGroups,
): Pitched {
  const part = (rows: Node): Node => {
    const grouped = graph.reshape(rows, [(rows.shape[0] ?? 0) / groupFrames, groupFrames]);
    const kept = groupsOf(graph, grouped, { batch, from, to });
    return graph.reshape(kept, [batch * (to - from) * groupFrames, 1]);
  };
  const pitch = part(heard.pitch);
  return { comb, pitch, voicing: part(heard.voicing), lobes: comb.lobes(pitch) };
}

/** Rows [batch * groups, width] -> of each example the groups [from, to). */
export function groupsOf(
  graph: Graph,
  rows: Node,
  { batch, from, to }: { readonly batch: number; readonly from: number; readonly to: number },
): Node {
  const [count = 0, width = 0] = rows.shape;
  const cube = graph.reshape(rows, [batch, count / batch, width]);
  return graph.reshape(graph.slice(cube, 1, [from, to]), [batch * (to - from), width]);
}
