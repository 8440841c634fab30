/** A cluster to be checked and its faults, drawn at the start and found by the checks. */

import type { ClusterDescribed } from "../../../events/cluster.ts";
import type { RunStarted } from "../../../events/events.ts";
import { below, type Random } from "../../../random.ts";
import { findGpu } from "../../catalog/gpus.ts";
import { matmulActivity } from "../../cluster/activity.ts";
import { pick, streamOf } from "../../engine/chance.ts";
import { rounded } from "../../engine/portable-math.ts";
import type { SceneOptions } from "../../engine/scene.ts";
import { NODE_STORAGE_BYTES_PER_MS } from "../export.ts";
import { type MachineRoom, machineRoom } from "../machine-room.ts";
import { clusterNews, type Split, startedNews } from "../opening.ts";

export interface BurnIn extends MachineRoom {
  readonly seed: number;
  readonly random: Random;
  readonly started: RunStarted;
  readonly cluster: ClusterDescribed;
  readonly driver: string;
  readonly oldDriver: string;
  /** Where the old one is; no node where it is none. */
  readonly oldNode: number;
  /** What a usual GPU reaches in matrix multiplications, in teraflop/s. */
  readonly tflops: number;
  readonly slow: readonly { readonly node: number; readonly gpu: number; readonly share: number }[];
  readonly hot: { readonly node: number; readonly gpu: number } | undefined;
  readonly badCable: { readonly node: number; readonly port: number } | undefined;
  readonly writeGbPerSecond: number;
  spares: number;
  replaced: number[];
}

const GPUS = ["H100", "H200", "B200", "A100-80", "MI300X"];
const DRIVER = { amd: ["6.14.14", "6.12.12"], nvidia: ["580.95.05", "570.172.08"] } as const;
/** As a share of the peak and of the memory. Assumed: matrix products alone draw full power. */
const BURN_MFU = 0.56;
const BURN_MEMORY_SHARE = 0.9;

export function newBurnIn(options: SceneOptions): BurnIn {
  const { seed, wanted } = options;
  const choice = streamOf(seed, "choice");
  const gpu = wanted.gpu ?? findGpu(pick(choice, GPUS));
  const gpuCount = wanted.gpuCount ?? gpu.gpusPerNode * 2 ** (3 + below(choice, 5));
  const one = { tensorParallel: 1, pipelineParallel: 1, contextParallel: 1, expertParallel: 1 };
  const setup: Split = { gpu, gpuCount, ...one, dataParallel: gpuCount, sharding: "none" };
  const memoryBytes = gpu.memoryGb * 1e9 * BURN_MEMORY_SHARE;
  const cluster = clusterNews(choice, setup, memoryBytes);
  const { nodeCount, gpusPerNode, spareNodes } = cluster;
  const place = () => ({ node: below(choice, nodeCount), gpu: below(choice, gpusPerNode) });
  const slowCount = below(choice, 2 + Math.floor(nodeCount / 32));
  const slow = Array.from({ length: slowCount }, () => {
    return { ...place(), share: rounded(0.9 + 0.06 * choice.next(), 3) };
  });
  const [driver, oldDriver] = cluster.backend === "rccl" ? DRIVER.amd : DRIVER.nvidia;
  const peak = gpu.peakTflops.bf16 ?? gpu.peakTflops.fp16 ?? 0;
  const activity = matmulActivity(gpu);
  const room = machineRoom({ setup, mfu: BURN_MFU, memoryBytes, activity }, seed);
  const title = `${gpuCount} ${gpu.name}`;
  const configuration = { scene: "cluster_burn_in", gpus: `${gpu.name}:${gpuCount}` };
  return {
    ...room,
    seed,
    random: streamOf(seed, "story"),
    started: startedNews(options, {
      title: `Burn-in of ${title}`,
      device: `${gpuCount} × ${gpu.driverName}`,
      configuration,
    }),
    cluster,
    driver,
    oldDriver,
    oldNode: choice.next() < 0.5 ? below(choice, nodeCount) : -1,
    tflops: peak * gpu.matmulFraction,
    slow,
    hot: choice.next() < 0.4 ? { ...place(), node: pick(choice, room.reportedNodes) } : undefined,
    badCable:
      nodeCount > 1 && choice.next() < 0.5
        ? { node: below(choice, nodeCount), port: below(choice, gpusPerNode) }
        : undefined,
    writeGbPerSecond: rounded(
      nodeCount * (NODE_STORAGE_BYTES_PER_MS / 1e6) * (0.8 + 0.2 * choice.next()),
      1,
    ),
    spares: spareNodes,
    replaced: [],
  };
}
