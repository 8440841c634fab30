/** GPU memory as torch reports it: what the driver leaves free, in GiB. */

import type { ClusterDescribed } from "../../events/cluster.ts";

/**
 * By the driver's names, as lines of torchtitan and of full memories have it with driver branch 580
 * ("has a total capacity of"). AMD's driver keeps 16 MiB for itself.
 */
const CAPACITIES_GIB: readonly (readonly [name: RegExp, gib: number])[] = [
  [/GB300/, 276.5],
  [/GB200/, 187.28],
  [/B300/, 267.69],
  [/B200/, 178.36],
  [/\bH200/, 139.81],
  [/H100 80GB/, 79.18],
  [/A[18]00.*80GB/, 79.25],
  [/A100-SXM4-40GB/, 39.49],
  [/L40S/, 44.39],
  [/A40\b/, 44.42],
  [/V100-SXM2-32GB/, 31.73],
  [/V100-SXM2-16GB/, 15.77],
  [/RTX 4090/, 23.52],
  [/RTX 3090/, 23.57],
  [/L4\b/, 22.03],
  [/A10\b/, 22.05],
  [/T4\b/, 14.56],
  [/MI300X/, 191.98],
  [/MI325X/, 255.98],
  [/MI355X/, 287.98],
];

/** What is usually kept of others. */
const KEPT_GIB = 0.89;

export function cardCapacityGib(
  cluster: Pick<ClusterDescribed, "gpuName" | "memoryBytesPerGpu"> | undefined,
): number {
  const { gpuName = "", memoryBytesPerGpu = 80e9 } = cluster ?? {};
  const known = CAPACITIES_GIB.find(([name]) => name.test(gpuName));
  return known?.[1] ?? Math.floor(memoryBytesPerGpu / 1e9) - KEPT_GIB;
}
