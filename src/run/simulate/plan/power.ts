/** Power and energy of a run. */

import { nodeCount, type Setup } from "./setup.ts";

/** Processors, memory, network cards and fans of a node, as a share of its accelerators' TDP. */
const HOST_SHARE = 0.4;

/** Share of the way from idle to the limit that a step takes whatever it computes. */
const BUSY_SHARE = 0.6;

/** How that share grows with the utilisation: an H100 at 40 % draws about 630 of 700 W. */
const UTILISATION_SHARE = 0.7;

function gpuWatts({ gpu }: Setup, mfu: number): number {
  const share = Math.min(1, BUSY_SHARE + UTILISATION_SHARE * mfu);
  return gpu.idleWatts + (gpu.powerWatts - gpu.idleWatts) * share;
}

/** Mean power of the machines and of the building around them, in watts. */
export function facilityWatts(setup: Setup, mfu: number): number {
  const hosts = nodeCount(setup) * setup.gpu.gpusPerNode * setup.gpu.tdpWatts * HOST_SHARE;
  return setup.powerUsageEffectiveness * (setup.gpuCount * gpuWatts(setup, mfu) + hosts);
}
