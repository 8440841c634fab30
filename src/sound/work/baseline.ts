/**
 * The baseline without training: PCA over groups of frames.
 *
 * Principal components of the levels of single bins, fitted to the training files: the best linear
 * code with as many numbers per second. A model has to beat it on files that neither has seen.
 */

import { below, type Random } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { columnCount, componentsByProducts } from "../model/principal.ts";
import { LEVEL_MIN_DB, packLevels, type SoundFrames, unpackFrames } from "../model/sound-frames.ts";
import { Graph } from "../tensor/graph.ts";
import { lower } from "../tensor/lower.ts";
import type { Runtime } from "../tensor/runtime.ts";

export interface LinearCodeShape {
  /** Frames that share one vector of numbers. */
  readonly groupFrames: number;
  /** Numbers per group. */
  readonly latentSize: number;
}

export interface LinearCode extends LinearCodeShape {
  /** Decibels, shape [groupFrames * BIN_COUNT]. */
  readonly mean: Float32Array;
  /** Of unit length, shape [latentSize, groupFrames * BIN_COUNT]. */
  readonly directions: Float32Array;
}

/** Rows of numbers of one length, however they are stored. */
export interface Rows {
  readonly count: number;
  /** Numbers per row. */
  readonly size: number;
  /** Writes rows [start, start + count) into `out`. */
  read(range: readonly [start: number, count: number], out: Float32Array): void;
}

/** Gathers groups of frames. */
export interface GroupSampler extends Rows {
  /** Adds a whole file; its last group is filled up with silence. */
  add(frames: SoundFrames): void;
}

/** Frames kept at most, in 8 bits each bin: 62 MB, eleven minutes. */
const FRAMES_MAX = 60_000;

export interface GroupSamplerOptions {
  readonly groupFrames: number;
  readonly random: Random;
  /** @default eleven minutes' worth */
  readonly groupsMax?: number;
}

/**
 * Keeps all groups, or an even sample of them where there are too many
 * (reservoir sampling, J. Vitter's algorithm R, 1985).
 */
export function groupSampler(options: GroupSamplerOptions): GroupSampler {
  const { groupFrames, random, groupsMax = Math.ceil(FRAMES_MAX / groupFrames) } = options;
  const size = groupFrames * BIN_COUNT;
  const kept: Uint8Array[] = [];
  let seenCount = 0;
  return {
    size,
    get count() {
      return kept.length;
    },
    add: (frames) => {
      const steps = packLevels(frames.levels);
      for (let start = 0; start < steps.length; start += size) {
        seenCount += 1;
        const place = seenCount <= groupsMax ? kept.length : below(random, seenCount);
        if (place >= groupsMax) continue;
        // Step 0 is silence, which is what fills the last group up.
        const group = new Uint8Array(size);
        group.set(steps.subarray(start, start + size));
        kept[place] = group;
      }
    },
    read: ([start, count], out) => {
      for (let i = 0; i < count; i += 1) {
        const steps = kept[start + i]!;
        const row = out.subarray(i * size, (i + 1) * size);
        unpackFrames({ steps }, [0, groupFrames], row);
      }
    },
  };
}

/** Numbers that one product takes at a time. */
const BATCH_NUMBERS = 2 ** 21;

/** Enough for the code's error; single directions at the end of the spectrum need more. */
const ROUNDS = 4;

/**
 * The linear code with the least squared error on `rows`, which are read many times.
 *
 * @param rows Decibels of groups; at least one. Needs no matrix of rows by rows or bins by bins.
 */
export async function fitLinearCode(
  runtime: Runtime,
  rows: Rows,
  shape: LinearCodeShape,
): Promise<LinearCode> {
  const { size } = rows;
  const latentSize = Math.min(size, shape.latentSize);
  const wanted = { size, count: latentSize, rounds: ROUNDS };
  const width = columnCount(wanted);
  const batch = Math.min(rows.count, Math.max(16, Math.floor(BATCH_NUMBERS / size)));
  const mean = meanRow(rows, batch);

  const graph = new Graph();
  const x = graph.sub(graph.input("rows", [batch, size]), graph.constant(mean, [size]));
  const along = graph.matmul(x, graph.input("columns", [size, width]));
  const program = await runtime.compile(
    lower(graph, { product: graph.matmul(x, along, { transposeA: true }) }),
  );
  const multiply = async (data: Float32Array): Promise<Float32Array> => {
    const sum = new Float64Array(size * width);
    const part = new Float32Array(batch * size);
    for (let start = 0; start < rows.count; start += batch) {
      const taken = Math.min(batch, rows.count - start);
      rows.read([start, taken], part);
      // What is missing at the end is the mean and adds nothing.
      for (let i = taken; i < batch; i += 1) part.set(mean, i * size);
      const results = await program.run({
        rows: { data: part, shape: [batch, size] },
        columns: { data, shape: [size, width] },
      });
      const product = results["product"]!.data;
      for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! + product[i]!;
    }
    return Float32Array.from(sum, (value) => value / rows.count);
  };
  const { directions } = await componentsByProducts(multiply, wanted);
  await program.release();
  return { ...shape, latentSize, mean, directions: Float32Array.from(directions) };
}

/** Levels through the code and back: decibels, shape [frames, BIN_COUNT] both ways. */
export function throughLinearCode(code: LinearCode, levels: Float32Array): Float32Array {
  const { mean, directions, latentSize } = code;
  const size = mean.length;
  const out = new Float32Array(levels.length);
  const group = new Float32Array(size);
  const rebuilt = new Float64Array(size);
  for (let start = 0; start < levels.length; start += size) {
    group.fill(LEVEL_MIN_DB).set(levels.subarray(start, start + size));
    rebuilt.set(mean);
    for (let i = 0; i < latentSize; i += 1) {
      const direction = directions.subarray(i * size, (i + 1) * size);
      let along = 0;
      for (let j = 0; j < size; j += 1) along += direction[j]! * (group[j]! - mean[j]!);
      for (let j = 0; j < size; j += 1) rebuilt[j] = rebuilt[j]! + along * direction[j]!;
    }
    out.set(rebuilt.subarray(0, Math.min(size, levels.length - start)), start);
  }
  return out;
}

function meanRow(rows: Rows, batch: number): Float32Array {
  const { size, count } = rows;
  const sum = new Float64Array(size);
  const part = new Float32Array(batch * size);
  for (let start = 0; start < count; start += batch) {
    const taken = Math.min(batch, count - start);
    rows.read([start, taken], part);
    for (let at = 0; at < taken * size; at += size) {
      for (let j = 0; j < size; j += 1) sum[j] = sum[j]! + part[at + j]!;
    }
  }
  return Float32Array.from(sum, (value) => value / count);
}
