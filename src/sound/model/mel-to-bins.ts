/**
 * Mel bands <-> bins, as graph nodes.
 *
 * A bin takes a smooth level from the bands that cover it, so that its phase can be reconstructed;
 * then it is corrected until the bands match. Least squares would match at once, but leaves spikes
 * and holes that no phase fits: 12 dB of level were lost in them (docs/log.md).
 */

import type { Graph, Node } from "../tensor/graph.ts";
import { BIN_COUNT, binFloors, MEL_BANDS, melMatrix, spreadMatrix } from "./bands.ts";
import { decibelsOfPower, powerOfDecibels } from "./power.ts";

const FLOOR_DECIBELS = -80;
const SILENT_DECIBELS = -200;
const CONSISTENCY_ROUNDS = 2;

/** A bin within this of its floor is silent, in dB. */
const GATE_DECIBELS = 1;

/** What the bins are before their bands are made to match. */
export interface Around {
  /** In bands: what the bins follow smoothly, shape [batch, frames, MEL_BANDS]. */
  readonly envelope?: Node;
  /** Deviation of each bin from that, shape [batch, frames, bins]. */
  readonly detail?: Node;
}

export class MelToBins {
  readonly #graph: Graph;
  readonly #bank: Node;
  readonly #spread: Node;
  /** Levels under which bins are silent, in dB, shape [BIN_COUNT]. */
  readonly floors: Node;

  constructor(graph: Graph) {
    const mel = melMatrix();
    const spread = spreadMatrix(mel);
    this.#graph = graph;
    this.#spread = graph.constant(spread, [MEL_BANDS, BIN_COUNT]);
    this.#bank = graph.constant(mel, [BIN_COUNT, MEL_BANDS]);
    this.floors = graph.constant(binFloors(mel, spread), [BIN_COUNT]);
  }

  /** Decibels of bins -> of mel bands, not under the floor; [..., BIN_COUNT] -> [..., MEL_BANDS]. */
  bandsOf(frames: Node): Node {
    const graph = this.#graph;
    const [batch = 0, time = 0] = frames.shape;
    const power = graph.reshape(powerOfDecibels(graph, frames), [batch * time, BIN_COUNT]);
    const levels = decibelsOfPower(graph, graph.matmul(power, this.#bank));
    return graph.reshape(levels, [batch, time, MEL_BANDS]);
  }

  /** Each bin takes the levels of its bands: [batch, frames, MEL_BANDS] -> [batch, frames, bins]. */
  spreadOut(mel: Node): Node {
    const graph = this.#graph;
    const [batch = 0, time = 0] = mel.shape;
    const rows = graph.reshape(mel, [batch * time, MEL_BANDS]);
    return graph.reshape(graph.matmul(rows, this.#spread), [batch, time, BIN_COUNT]);
  }

  /**
   * Frames [batch, frames, bins] in dB whose mel bands are `mel`; silence is far below the floor.
   *
   * @param around Deviation of each bin from the levels of an envelope, in dB. @default none, from
   *   `mel` itself
   */
  framesOf(mel: Node, around: Around = {}): Node {
    const graph = this.#graph;
    const { envelope = mel, detail } = around;
    const floor = graph.scalar(FLOOR_DECIBELS);
    const wanted = graph.max(mel, floor);
    const smooth = this.spreadOut(envelope === mel ? wanted : graph.max(envelope, floor));
    let frames = graph.max(detail === undefined ? smooth : graph.add(smooth, detail), this.floors);
    for (let round = 0; round < CONSISTENCY_ROUNDS; round += 1) {
      const missing = graph.sub(wanted, this.bandsOf(frames));
      frames = graph.max(graph.add(frames, this.spreadOut(missing)), this.floors);
    }
    const gate = graph.add(this.floors, graph.scalar(GATE_DECIBELS));
    return graph.select(
      graph.positive(graph.sub(frames, gate)),
      frames,
      graph.scalar(SILENT_DECIBELS),
    );
  }
}
