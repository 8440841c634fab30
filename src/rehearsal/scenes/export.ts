/** The files of a finished model: shards of weights, configuration, tokenizer. */

import type { FileWritten } from "../../events/cluster.ts";
import { WEIGHT_BYTES } from "../plan/memory.ts";

/** Largest file of weights that Transformers writes since version 5, in bytes. */
export const SHARD_BYTES_MAX = 50e9;

/** What one node reads from and writes to shared storage. Assumed. */
export const NODE_STORAGE_BYTES_PER_MS = 2e6;

/** Of storing the exported weights, bytes per second. Assumed. */
export const EXPORT_RATE = 2e9;

export interface Shard {
  readonly name: string;
  readonly bytes: number;
}

/**
 * So many shards: one per five gigabytes of weights, at least 1 and at most 8.
 *
 * @param parameters In all.
 */
export function shardCountOf(parameters: number): number {
  const billions = parameters / 1e9;
  return Math.min(8, Math.max(1, Math.ceil((WEIGHT_BYTES * billions) / 5)));
}

/** Shards of equal size, that add up to the weights to the byte. */
export function shardsOf(parameters: number, count: number): Shard[] {
  const bytes = parameters * WEIGHT_BYTES;
  const each = Math.floor(bytes / count);
  return Array.from({ length: count }, (_, i) => ({
    name:
      count === 1 ? "model.safetensors" : `model-${padded(i + 1)}-of-${padded(count)}.safetensors`,
    bytes: i === count - 1 ? bytes - each * (count - 1) : each,
  }));
}

/** Companions of the weights; the index only where there is more than one shard. */
export function companionsOf(
  vocabulary: number,
  shardCount: number,
  layers: number,
): FileWritten[] {
  const files: [string, number][] = [
    ["config.json", 842],
    ["tokenizer.json", Math.round(vocabulary * 71.4)],
    ["generation_config.json", 184],
  ];
  if (shardCount > 1) files.push(["model.safetensors.index.json", 320 + (9 * layers + 3) * 82]);
  return files.map(([path, bytes]) => ({ type: "file-written", kind: "companion", path, bytes }));
}

/** "Llama 3.1 70B" -> "./outputs/llama-3.1-70b/final/" */
export function outputPath(modelName: string): string {
  const dashed = modelName.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, "-");
  return `./outputs/${dashed}/final/`;
}

function padded(index: number): string {
  return String(index).padStart(5, "0");
}
