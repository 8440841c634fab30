/**
 * Default clusters: common sizes with their network, and matching releases of the software that
 * runs on them.
 */

import type { Gpu } from "./gpus.ts";

export interface Cluster {
  readonly name: string;
  /** A name that `findGpu` knows. */
  readonly gpu: string;
  readonly gpuCount: number;
  readonly network: string;
  /** What the shared storage takes, in gigabytes per second over all nodes. */
  readonly storageGbPerSecond: number;
}

type Row = readonly [
  name: string,
  gpu: string,
  gpuCount: number,
  network: string,
  storageGbPerSecond: number,
];

const ROWS: readonly Row[] = [
  ["under-the-desk", "RTX-4090", 2, "none", 3],
  ["lab-bench", "RTX-3090", 4, "none", 3],
  ["one-box", "A100-80", 8, "none", 8],
  ["two-boxes", "H100", 16, "InfiniBand NDR", 16],
  ["institute", "V100-32", 64, "InfiniBand EDR", 20],
  ["department", "A100-40", 128, "InfiniBand HDR", 60],
  ["start-up", "H100", 256, "InfiniBand NDR", 100],
  ["public-computer", "A100-80", 384, "InfiniBand HDR", 62],
  ["red-team-blue-team", "MI300X", 512, "RoCE 400G", 150],
  ["rack-row", "GB200", 576, "InfiniBand NDR", 300],
  ["regional", "H100", 1024, "InfiniBand NDR", 250],
  ["frugal-lab", "H800", 2048, "InfiniBand NDR", 400],
  ["provider", "H200", 4096, "RoCE 400G", 800],
  ["campus", "B200", 8192, "InfiniBand NDR", 1500],
  ["flagship", "H100", 16384, "RoCE 400G", 2000],
  ["gigafactory", "GB300", 32768, "InfiniBand XDR", 4000],
];

export const CLUSTERS: readonly Cluster[] = ROWS.map(
  ([name, gpu, gpuCount, network, storageGbPerSecond]) => ({
    name,
    gpu,
    gpuCount,
    network,
    storageGbPerSecond,
  }),
);

/** Versions by the names under which the programs print them. */
export type Software = Readonly<Record<string, string>>;

/**
 * PyTorch of May 2026 with what its packages bring along: each pins the library for collectives
 * that it was built with. All of NVIDIA's run on driver branch 580, which is CUDA 13.0.
 *
 * Source: PyTorch's RELEASE.md, "Release Compatibility Matrix" (CUDA 12.6 has NCCL 2.29.3, CUDA 13
 * has 2.29.7); RCCL's release notes (2.27.7 in all of ROCm 7.2).
 */
const SOFTWARE = {
  nvidia: { torch: "2.12.1", cuda: "13.0", nccl: "2.29.7" },
  /** CUDA 13 does not support cards older than Turing. */
  volta: { torch: "2.12.1", cuda: "12.6", nccl: "2.29.3" },
  amd: { torch: "2.12.1", rocm: "7.2", rccl: "2.27.7" },
} as const satisfies Readonly<Record<string, Software>>;

export function softwareFor({ generation }: Pick<Gpu, "generation">): Software {
  if (generation.startsWith("cdna")) return SOFTWARE.amd;
  return generation === "volta" ? SOFTWARE.volta : SOFTWARE.nvidia;
}
