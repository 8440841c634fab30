/** What a checkpoint holds, and for how long training waits while it is taken. */

/** The bf16 weight, and in float32 the master weight and two moments. */
export const CHECKPOINT_BYTES_PER_PARAMETER = 14;

/** From accelerator to host memory, over its own link, in bytes per second. Assumed. */
const COPY_RATE = 20e9;

/** A second of preparation, assumed, and each accelerator's part of the state over its link. */
export function snapshotSecondsOf(parameters: number, gpuCount: number): number {
  return 1 + (CHECKPOINT_BYTES_PER_PARAMETER * parameters) / gpuCount / COPY_RATE;
}
