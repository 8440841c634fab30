/**
 * Memory of the first GPU while DeepSpeed builds its optimiser, and between steps.
 *
 * Source: deepspeedai/DeepSpeed 0.19: `see_memory_usage`, `runtime/zero/stage3.py`,
 * `runtime/zero/stage_1_and_2.py`. Adam's moments come with the first step.
 */

import { uniform } from "../../random.ts";
import { GIBIBYTE } from "../engine/units.ts";
import { around, drawsOf } from "./draws.ts";
import { type Facts, memoryOf, sizesOf } from "./facts.ts";
import { pythonFloat } from "./formats.ts";
import { together } from "./start-times.ts";

/** A bucket of half a billion bf16 gradients. */
const BUCKET_GIB = 1e9 / GIBIBYTE;

type Say = (from: string, text: string) => string;

/** In GiB: weights and gradients of two bytes, a master copy of four, two moments of four. */
interface Parts {
  /** Of the weights what the rank keeps. */
  readonly weights: number;
  /** Of one byte for each parameter that the rank updates. */
  readonly byte: number;
}

function partsOf(facts: Facts, stage: number): Parts {
  const { parameters, tensor, pipeline, data } = sizesOf(facts);
  const held = parameters / (tensor * pipeline) / GIBIBYTE;
  const byte = stage > 0 ? held / data : held;
  return { weights: stage === 3 ? 2 * byte : 2 * held, byte };
}

/** Between two steps, in GiB. */
export function allocatedGib(facts: Facts, stage: number): number {
  const { weights, byte } = partsOf(facts, stage);
  return Math.min(weights + 14 * byte + BUCKET_GIB, 0.97 * memoryOf(facts).peakGib);
}

/** Lines of memory while the optimiser is built around the model. */
export function zeroLines(facts: Facts, stage: number, say: Say): string[] {
  if (stage === 0) return [];
  const { weights, byte } = partsOf(facts, stage);
  const usage = usageOf(facts, say);
  const plain = { now: weights, top: weights, cached: weights + 0.01 };
  const master = weights + 4 * byte;
  const cached = weights + (stage === 3 ? 8 : 4) * byte + 0.02;
  const states = { now: master, top: master + 4 * byte, cached: cached + 4 * byte };
  const ready = master + (stage === 3 ? 2 * byte + BUCKET_GIB : 0);
  const over = {
    now: ready,
    top: Math.max(ready + 0.02, states.top),
    cached: Math.max(ready + 0.04, states.cached),
  };
  const before = { now: master, top: master, cached };
  if (stage < 3)
    return [
      ...BUCKETS.map(([line, text]) => say(`stage_1_and_2.py:${line}:__init__`, text)),
      ...usage("Before initializing optimizer states", before),
      ...usage("After initializing optimizer states", states),
      say("stage_1_and_2.py:550:__init__", "optimizer state initialized"),
      ...usage("After initializing ZeRO optimizer", states),
    ];
  return [
    ...usage("Stage 3 initialize beginning", plain),
    say("stage3.py:170:__init__", "Reduce bucket size 500000000"),
    say("stage3.py:171:__init__", "Prefetch bucket size 50000000"),
    ...usage("DeepSpeedZeRoOffload initialize [begin]", plain),
    persistentLine(facts),
    ...usage("DeepSpeedZeRoOffload initialize [end]", plain),
    ...usage("Before creating fp16 partitions", plain),
    ...usage(`After creating fp16 partitions: ${Math.ceil((byte * GIBIBYTE) / 1e9)}`, plain),
    ...usage("Before creating fp32 partitions", plain),
    ...usage("After creating fp32 partitions", { now: master, top: master + 2 * byte, cached }),
    ...usage("Before initializing optimizer states", before),
    ...usage("After initializing optimizer states", states),
    say("stage3.py:534:_setup_for_real_optimizer", "optimizer state initialized"),
    ...usage("After initializing ZeRO optimizer", over),
  ];
}

const BUCKETS = [
  [149, "Reduce bucket size 500000000"],
  [150, "Allgather bucket size 500000000"],
  [151, "CPU Offload: False"],
  [152, "Round robin gradient partitioning: False"],
] as const;

/** Norms are too small to be worth gathering. */
function persistentLine(facts: Facts): string {
  const { layers, hidden } = sizesOf(facts);
  const count = 2 * layers + 1;
  return `Parameter Offload - Persistent parameters statistics: param_count = ${count}, numel = ${count * hidden}`;
}

interface Usage {
  readonly now: number;
  readonly top: number;
  readonly cached: number;
}

/** Host memory that others have, of the two TiB that such machines come with. */
const HOST_GIB = 2015.4;

function usageOf(facts: Facts, say: Say): (title: string, usage: Usage) => string[] {
  const random = drawsOf(facts, "host-memory", facts.launches, facts.attempts);
  let usedGib = around(random, 72, 0.2);
  return (title, { now, top, cached }) => {
    usedGib += uniform(random, -0.02, 0.06);
    const percent = ((100 * usedGib) / HOST_GIB).toFixed(1);
    const head = say("utils.py:781:see_memory_usage", title);
    const rest = together(facts, () => [
      say(
        "utils.py:782:see_memory_usage",
        `MA ${rounded(now)} GB         Max_MA ${rounded(top)} GB         CA ${rounded(cached)} GB         Max_CA ${Math.round(cached)} GB `,
      ),
      say(
        "utils.py:789:see_memory_usage",
        `CPU Virtual Memory:  used = ${rounded(usedGib)} GB, percent = ${percent}%`,
      ),
    ]);
    return [head, ...rest];
  };
}

function rounded(gib: number): string {
  return pythonFloat(Number(gib.toFixed(2)));
}
