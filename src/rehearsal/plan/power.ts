/** Power and energy of a run. */

import type { Setup } from "./setup.ts";

/** Processors, memory, network cards and fans of a node, as a share of its accelerators' TDP. Assumed. */
const HOST_SHARE = 0.4;

/** Share of the way from idle to the limit that a step takes whatever it computes. Assumed. */
const BUSY_SHARE = 0.6;

/** How that share grows with the utilisation: an H100 at 40 % draws about 630 of 700 W. */
const UTILISATION_SHARE = 0.7;

/** Where the power of a step lies between idle (0) and the limit (1). */
export function gpuShare(mfu: number): number {
  return Math.min(1, BUSY_SHARE + UTILISATION_SHARE * mfu);
}

/** Everything in the nodes but the accelerators, in watts; of a node that is shared, the share. */
export function hostWatts({ gpu, gpuCount }: Pick<Setup, "gpu" | "gpuCount">): number {
  return gpuCount * gpu.tdpWatts * HOST_SHARE;
}

/** Mean power of one accelerator, in watts. */
export function gpuWatts({ gpu }: Setup, mfu: number): number {
  return gpu.idleWatts + (gpu.powerWatts - gpu.idleWatts) * gpuShare(mfu);
}

/** Mean power of the machines and of the building around them, in watts. */
export function facilityWatts(setup: Setup, mfu: number): number {
  const accelerators = setup.gpuCount * gpuWatts(setup, mfu);
  return setup.powerUsageEffectiveness * (accelerators + hostWatts(setup));
}
