/**
 * The day before the run: every node of a cluster is checked, heated and measured, and slow nodes
 * are removed before they cause trouble.
 *
 * Bandwidths are by the convention of nccl-tests: bus bandwidth of an all-reduce is bytes over
 * time, times 2 (n - 1) / n. Links reach the share of their peak that such tests usually report.
 */

import type { Trouble } from "../cluster/machines.ts";
import { fixedNormal, fixedShare } from "../engine/chance.ts";
import { BURN_IN_DRAW } from "../engine/draws.ts";
import { ln, rounded } from "../engine/portable-math.ts";
import type { Scene, SceneItem } from "../engine/scene.ts";
import { type BurnIn, newBurnIn } from "./burn-in/burn-in-run.ts";
import { statusNews } from "./machine-room.ts";
import { after, between, says } from "./timed-news.ts";

const CHECKS_SHOWN_MS = [20, 60] as const;
const BURN_MINUTES = 20;
/** When a GPU with a bad contact to its heat sink has become too hot. Assumed. */
const THROTTLE_MINUTE = 5;
const SLOWDOWN = { level: "warning", source: "driver", code: "thermal-slowdown" } as const;
/** GPUs below this share of the median are slow. Assumed. */
const SLOW_SHARE = 0.95;
const SIZES_BYTES = [2 ** 20, 2 ** 23, 2 ** 26, 2 ** 29, 2 ** 32, 2 ** 33];
/** Of one step around the ring or up the tree, in microseconds. Assumed. */
const LATENCY_US = 14;
/** Shares of the nominal bandwidth that collectives reach. Assumed. */
const IN_NODE_SHARE = 0.8;
const BETWEEN_NODES_SHARE = 0.92;

export const clusterBurnIn: Scene = {
  name: "cluster_burn_in",
  summary: "checks of a cluster before a run: heat, memory, links between GPUs and nodes",
  takes: ["gpus"],
  incidents: [],
  start(options) {
    const run = newBurnIn(options);
    return { isEven: false, items: story(run) };
  },
};

function* story(run: BurnIn): Generator<SceneItem> {
  yield after(run, 0, run.started);
  yield after(run, 300, { type: "phase-started", phase: "preparing", text: "Checking the nodes" });
  yield after(run, 300, run.cluster);
  yield* inventory(run);
  yield* burning(run);
  yield* collectives(run, "node");
  yield* collectives(run, "cluster");
  yield* pairs(run);
  yield* storage(run);
  const values = { nodes: run.cluster.nodeCount, replaced: run.replaced.length };
  yield after(
    run,
    400,
    says({ level: "info", source: "framework", code: "burn-in-passed", values }),
  );
  yield after(run, 0, { type: "run-ended", outcome: "finished", step: 0, elapsedMs: run.nowMs });
}

/** Firmware, driver, number of GPUs and links, clock of each node. */
function* inventory(run: BurnIn): Generator<SceneItem> {
  const { nodeCount, versions } = run.cluster;
  for (let node = 0; node < nodeCount; node += 1) {
    run.nowMs += 400;
    yield progress(run, "preparing", [node + 1, nodeCount]);
    if (node !== run.oldNode) continue;
    const values = { found: run.oldDriver, need: run.driver };
    const place = { node, values };
    yield after(
      run,
      60,
      says({ level: "warning", source: "driver", code: "driver-differs", ...place }),
    );
    yield after(
      run,
      500,
      says({ level: "info", source: "driver", code: "driver-updated", node, values }),
    );
  }
  const values = { nodes: nodeCount, driver: run.driver, ...versions };
  yield after(
    run,
    200,
    says({ level: "info", source: "launcher", code: "inventory-done", values }),
  );
}

/** Matrix multiplications on every GPU; slow and hot ones stand out against the others. */
function* burning(run: BurnIn): Generator<SceneItem> {
  const text = `Multiplying matrices on every GPU for ${BURN_MINUTES} minutes`;
  yield after(run, 0, { type: "phase-started", phase: "training", text });
  const troubles: readonly Trouble[] = run.hot === undefined ? [] : [hotTrouble(run.hot, 0)];
  for (let minute = 1; minute <= BURN_MINUTES; minute += 1) {
    run.nowMs += 60_000;
    run.usefulMs += 60_000;
    const news = { type: "phase-progress", phase: "training" } as const;
    yield { atMs: run.nowMs, shownMs: 450, news: { ...news, done: minute, total: BURN_MINUTES } };
    const warmed = troubles.map((one) => hotTrouble(one, 1 - 0.7 ** minute));
    const doing = { step: 0, state: "training", troubles: warmed, spareNodes: run.spares } as const;
    yield { atMs: run.nowMs, shownMs: 0, news: statusNews(run, doing) };
    if (minute === THROTTLE_MINUTE && run.hot !== undefined)
      yield after(run, 0, says({ ...SLOWDOWN, ...run.hot }));
  }
  const { tflops, slow } = run;
  const values = {
    tflops: rounded(tflops, 0),
    low: rounded(tflops * 0.972, 0),
    high: rounded(tflops * 1.021, 0),
  };
  yield after(run, 300, says({ level: "info", source: "framework", code: "burn-result", values }));
  for (const { node, gpu, share } of slow) {
    const found = { tflops: rounded(tflops * share, 0), share: rounded(1 - share, 3) };
    const place = { node, gpu, rank: node * run.cluster.gpusPerNode + gpu };
    yield after(
      run,
      250,
      says({ level: "warning", source: "framework", code: "gpu-slow", ...place, values: found }),
    );
  }
  for (const node of new Set(slow.flatMap((one) => (one.share < SLOW_SHARE ? [one.node] : []))))
    yield* replace(run, node);
}

function hotTrouble({ node, gpu }: Pick<Trouble, "node" | "gpu">, warmed: number): Trouble {
  const heat = { heatC: 31 * warmed, power: 0.74, warmPower: 1 - 0.26 * warmed, warmed };
  return { node, gpu, ...heat, memory: 1, isWaitedFor: false };
}

/** An all-reduce over growing sizes, within each node or over all of them. */
function* collectives(run: BurnIn, scope: "node" | "cluster"): Generator<SceneItem> {
  const { gpusPerNode, gpuCount, nodeCount } = run.cluster;
  const ranks = scope === "node" ? gpusPerNode : gpuCount;
  if (ranks < 2 || (scope === "cluster" && nodeCount < 2)) return;
  const where = scope === "node" ? "within each node" : `over ${nodeCount} nodes`;
  const text = `All-reduce ${where}`;
  yield after(run, 200, { type: "phase-started", phase: "preparing", text });
  const { linkGbPerSecond, nicGbPerSecond } = run.job.setup.gpu;
  const peak =
    scope === "node"
      ? linkGbPerSecond * IN_NODE_SHARE
      : nicGbPerSecond * BETWEEN_NODES_SHARE * gpusPerNode;
  for (const [index, bytes] of SIZES_BYTES.entries()) {
    const hops = scope === "node" ? 4 : 4 + (2 * ln(nodeCount)) / Math.LN2;
    const noise =
      1 +
      0.01 *
        fixedNormal(
          run.seed,
          index,
          scope === "node" ? BURN_IN_DRAW.insideNode : BURN_IN_DRAW.betweenNodes,
        );
    const factor = (2 * (ranks - 1)) / ranks;
    const microseconds = rounded((hops * LATENCY_US + (bytes * factor) / (peak * 1e3)) * noise, 1);
    const algorithm = bytes / microseconds / 1e3;
    const rates = {
      algorithmGbPerSecond: rounded(algorithm, 2),
      busGbPerSecond: rounded(algorithm * factor, 2),
    };
    const values = { bytes, ranks, microseconds, ...rates };
    run.nowMs += Math.round((microseconds * 40) / 1000);
    yield after(
      run,
      between(run, 250, 600),
      says({ level: "info", source: "nccl", code: "collective-result", values }),
    );
  }
  const doing = { step: 0, state: "saving", spareNodes: run.spares } as const;
  yield { atMs: run.nowMs, shownMs: 0, news: statusNews(run, doing) };
}

/** Nodes two by two: a bad cable shows in all pairs of its node. */
function* pairs(run: BurnIn): Generator<SceneItem> {
  const { nodeCount, gpusPerNode } = run.cluster;
  if (nodeCount < 2) return;
  const text = "Pairs of nodes, every node with two others";
  yield after(run, 200, { type: "phase-started", phase: "preparing", text });
  const usual = run.job.setup.gpu.nicGbPerSecond * BETWEEN_NODES_SHARE * gpusPerNode;
  for (let node = 0; node < nodeCount; node += 1) {
    run.nowMs += 2500;
    yield progress(run, "preparing", [node + 1, nodeCount]);
  }
  const low = usual * (0.985 - 0.01 * fixedShare(run.seed, 9, BURN_IN_DRAW.slowestPair));
  const values = { busGbPerSecond: rounded(usual, 1), low: rounded(low, 1) };
  yield after(run, 300, says({ level: "info", source: "nccl", code: "pairs-result", values }));
  if (run.badCable === undefined) return;
  const { node, port } = run.badCable;
  const found = { busGbPerSecond: rounded((usual * (gpusPerNode - 1)) / gpusPerNode, 1), port };
  yield after(
    run,
    300,
    says({ level: "warning", source: "fabric", code: "link-slow", node, gpu: port, values: found }),
  );
  yield* replace(run, node);
}

function* storage(run: BurnIn): Generator<SceneItem> {
  const text = "Writing and reading back";
  yield after(run, 200, { type: "phase-started", phase: "saving", text });
  const total = 40;
  for (let done = 1; done <= total; done += 1) {
    run.nowMs += 900;
    yield progress(run, "saving", [done, total]);
  }
  const { writeGbPerSecond } = run;
  const values = { writeGbPerSecond, readGbPerSecond: rounded(writeGbPerSecond * 1.6, 1) };
  yield after(run, 300, says({ level: "info", source: "storage", code: "storage-result", values }));
}

type Phase = "preparing" | "saving";

function progress(run: BurnIn, phase: Phase, [done, total]: readonly [number, number]): SceneItem {
  const shownMs = between(run, CHECKS_SHOWN_MS[0], CHECKS_SHOWN_MS[1]);
  return { atMs: run.nowMs, shownMs, news: { type: "phase-progress", phase, done, total } };
}

function* replace(run: BurnIn, node: number): Generator<SceneItem> {
  if (run.spares === 0 || run.replaced.includes(node)) return;
  run.spares -= 1;
  run.replaced.push(node);
  run.nowMs += 240_000;
  const launcher = { level: "info", source: "launcher" } as const;
  yield after(run, 300, says({ ...launcher, code: "node-drained", node }));
  const joined = run.cluster.nodeCount + run.replaced.length - 1;
  const values = { spares: run.spares };
  yield after(run, 500, says({ ...launcher, code: "node-joined", node: joined, values }));
}
