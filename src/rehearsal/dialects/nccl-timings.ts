/** How long the start of a communicator took, part by part. */

import { type Random, uniform } from "../../random.ts";
import { around } from "./draws.ts";
import type { Facts } from "./facts.ts";
import type { Ranks } from "./nccl-ranks.ts";

/** Parts of the start of a communicator, in seconds: medians on a machine with eight cards. */
interface Start {
  readonly kernels: number;
  readonly alloc: number;
  readonly topo: number;
  readonly connections: number;
}

const STARTS: readonly (readonly [name: RegExp, start: Start])[] = [
  [/\bG?B[23]00\b/, { kernels: 0.52, alloc: 0.46, topo: 0.62, connections: 0.52 }],
  [/H100|H200|H800|H20/, { kernels: 0.34, alloc: 0.52, topo: 0.24, connections: 0.36 }],
  [/Instinct/, { kernels: 0.06, alloc: 0.12, topo: 0.46, connections: 0.31 }],
  [/V100/, { kernels: 0.15, alloc: 0.03, topo: 0.17, connections: 0.16 }],
];
const OTHER_START: Start = { kernels: 0.19, alloc: 0.09, topo: 0.13, connections: 0.18 };

/** Names and hundredths of a second, in NCCL's order. */
export type Timings = readonly (readonly [part: string, hundredths: number])[];

/** What the ranks wait for each other is in the bootstrap, and makes the sum. */
export function worldTimings(facts: Facts, random: Random, { worldSize, nodes }: Ranks): Timings {
  const name = facts.cluster?.gpuName ?? "";
  const { kernels, alloc, topo, connections } =
    STARTS.find(([known]) => known.test(name))?.[1] ?? OTHER_START;
  // Meeting takes rounds over all ranks, connecting one for each level of the trees.
  const levels = 1 + 0.22 * Math.log2(Math.max(1, nodes));
  const parts = {
    kernels: around(random, kernels, 0.15),
    alloc: around(random, alloc, 0.2),
    bootstrap: around(random, 0.05 + worldSize / 1500, 0.35),
    allgathers: around(random, 0.01 + worldSize / 9000, 0.3),
    topo: around(random, topo, 0.15),
    graphs: around(random, 0.01 + Math.log2(worldSize + 1) / 250, 0.3),
    connections: around(random, connections * levels, 0.2),
    rest: uniform(random, 0, 0.06),
  };
  const drawnSeconds = Object.values(parts).reduce((sum, seconds) => sum + seconds, 0);
  const statedSeconds = (facts.connectingMs ?? 1000 * drawnSeconds) / 1000;
  // Where the run says how long it took, the ranks waited for each other in what is missing.
  const missing = statedSeconds - drawnSeconds;
  const scale = missing < 0 ? statedSeconds / drawnSeconds : 1;
  return Object.entries(parts).map(([part, seconds]): readonly [string, number] => {
    const waited = part === "bootstrap" ? Math.max(0, missing) : 0;
    return [part, Math.round(100 * (scale * seconds + waited))];
  });
}

/** A further communicator finds the kernels loaded and the machine explored. */
export function groupTimings(random: Random): Timings {
  return [
    ["kernels", 0],
    ["alloc", Math.round(uniform(random, 0, 2))],
    ["bootstrap", Math.round(around(random, 2, 0.6))],
    ["allgathers", Math.round(uniform(random, 0, 1.6))],
    ["topo", Math.round(around(random, 7, 0.3))],
    ["graphs", Math.round(uniform(random, 0, 1.4))],
    ["connections", Math.round(around(random, 4, 0.4))],
    ["rest", Math.round(uniform(random, 0, 1.2))],
  ];
}

/** @param call "ncclCommInitRankConfig" */
export function timingsLine(call: string, { worldSize }: Ranks, timings: Timings): string {
  const total = timings.reduce((sum, [, part]) => sum + part, 0);
  const text = timings.map(([part, count]) => `${part} ${(count / 100).toFixed(2)}`).join(", ");
  return `Init timings - ${call}: rank 0 nranks ${worldSize} total ${(total / 100).toFixed(2)} (${text})`;
}

/** The bootstrap in itself: making a socket, finding the root, waiting for it, going round. */
export function bootstrapLine(random: Random, timings: Timings): string {
  const hundredths = timings.find(([part]) => part === "bootstrap")?.[1] ?? 0;
  const total = Math.max(0.0009, hundredths / 100 + uniform(random, -0.004, 0.004));
  const create = uniform(random, 0.000_018, 0.000_045);
  const send = uniform(random, 0.000_065, 0.000_2);
  const ring = total * uniform(random, 0.02, 0.2);
  const receive = total * uniform(random, 0.97, 0.995) - ring - create - send;
  const [c, s, r, g] = [create, send, Math.max(0, receive), ring].map((one) => one.toFixed(6));
  return `Bootstrap timings total ${total.toFixed(6)} (create ${c}, send ${s}, recv ${r}, ring ${g}, delay 0.000001)`;
}
