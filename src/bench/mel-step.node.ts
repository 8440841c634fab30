/**
 * One training step of the `mel` model, batch 32, two threads: ours and PyTorch's in turn.
 *
 * The other side is a script outside this repository (Python with torch): its path comes
 * from ETUDE_TORCH_BENCH, or it lies in ../shared/bench. Without it, ours is set against a
 * matrix product on the same runtime.
 */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { nodeClock } from "../host.node.ts";
import { fillNormal, seededRandom } from "../random.ts";
import { stepNumbers } from "../sound/model/adamw.ts";
import { melDropoutSize, melLosses, melShape, melStartingStatistics } from "../sound/model/mel.ts";
import { startingWeights } from "../sound/model/parameters.ts";
import { packNumbers, stepGraph } from "../sound/model/step-graph.ts";
import { Graph } from "../sound/tensor/graph.ts";
import { lower } from "../sound/tensor/lower.ts";
import { openRuntime } from "../sound/tensor/ort.node.ts";
import type { Runtime, Values } from "../sound/tensor/runtime.ts";
import type { Bench } from "./bench.ts";
import { median } from "./statistics.ts";

const BATCH = 32;
const THREADS = 2;
const ROUNDS = 3;
const STEPS_PER_ROUND = 10;

/** Work of one step: convolutions forward 5.55, their two gradients 5.55 and 5.49, linear 0.45. */
const GIGAFLOP_PER_STEP = 17.04;

export const melStep: Bench = async (say) => {
  const runtime = await openRuntime({ threads: THREADS });
  const ours = await ourStep(runtime);
  await ours(3);
  const torch = torchScript();
  const ourMs: number[] = [];
  const torchMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ourMs.push(...(await ours(STEPS_PER_ROUND)));
    if (torch !== undefined) torchMs.push(...torchSteps(torch, say));
  }
  const ms = median(ourMs);
  say(`${runtime.description}: ${ms.toFixed(0)} ms a step (median of ${ourMs.length})`);
  say(
    `= ${(GIGAFLOP_PER_STEP / (ms / 1000)).toFixed(0)} GFLOP/s; a 1024³ matrix product on the same runtime reaches ${(await matrixProduct(runtime)).toFixed(0)} GFLOP/s`,
  );
  if (torchMs.length === 0) say("PyTorch: not found here, so there is no ratio");
  else {
    say(
      `PyTorch: ${median(torchMs).toFixed(0)} ms a step (median of ${torchMs.length} rounds' medians)`,
    );
    say(`ratio ours / PyTorch: ${(ms / median(torchMs)).toFixed(2)} (asked: at most 1.25)`);
  }
};

async function ourStep(runtime: Runtime): Promise<(count: number) => Promise<number[]>> {
  const step = stepGraph((scope) =>
    melLosses(scope, melShape, {
      mode: "train",
      batch: BATCH,
      freeBits: 0.1,
      pictures: scope.input("pictures", [BATCH, 1, melShape.melBands, melShape.frameCount]),
    }),
  );
  const program = await runtime.compile(step.model);
  const random = seededRandom(1);
  const { size } = step.layout;
  const flat = (data: Float32Array): Values => ({ data, shape: [data.length] });
  let state = {
    weights: flat(startingWeights(step.layout, random)),
    moment: flat(new Float32Array(size)),
    variance: flat(new Float32Array(size)),
    statistics: flat(melStartingStatistics(melShape)),
  };
  const shape = [BATCH, 1, melShape.melBands, melShape.frameCount];
  const pictures = fillNormal(random, new Float32Array(BATCH * 128 * 96)).map((x) =>
    Math.log1p(Math.abs(x) ** 3),
  );
  const width = melDropoutSize(melShape);
  const noise = new Float32Array(BATCH * melShape.latentSize);
  const dropped = new Float32Array(BATCH * width);
  let done = 0;
  return async (count) => {
    const times: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const startedMs = nodeClock.nowMs();
      done += 1;
      fillNormal(random, noise);
      for (let j = 0; j < dropped.length; j += 1) dropped[j] = random.next() < 0.2 ? 0 : 1.25;
      const results = await program.run({
        ...state,
        pictures: { data: pictures, shape },
        noise: { data: noise, shape: [BATCH, melShape.latentSize] },
        dropped: { data: dropped, shape: [BATCH, width] },
        numbers: flat(
          packNumbers({ ...stepNumbers(1e-3, 0.01, done), klWeight: 0.5, clipNorm: 1 }),
        ),
      });
      const result = (name: string): Values => results[name] as Values;
      state = {
        weights: result("weights2"),
        moment: result("moment2"),
        variance: result("variance2"),
        statistics: result("statistics2"),
      };
      times.push(nodeClock.nowMs() - startedMs);
    }
    return times;
  };
}

function torchScript(): string | undefined {
  const path = process.env["ETUDE_TORCH_BENCH"] ?? resolve("../shared/bench/torch_mel_step.py");
  return existsSync(path) ? path : undefined;
}

/** The median of one run of the script, as PyTorch is used by default: NCHW, plain AdamW. */
function torchSteps(script: string, say: (line: string) => void): number[] {
  const python = process.env["ETUDE_PYTHON"] ?? "python3";
  const args = [
    script,
    "--layout",
    "contiguous",
    "--threads",
    String(THREADS),
    "--steps",
    String(STEPS_PER_ROUND),
  ];
  try {
    const line = execFileSync(python, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const result = JSON.parse(line) as { msMedian: number; torch: string };
    say(`PyTorch ${result.torch}: ${result.msMedian} ms`);
    return [result.msMedian];
  } catch {
    return [];
  }
}

async function matrixProduct(runtime: Runtime): Promise<number> {
  const size = 1024;
  const graph = new Graph();
  const a = graph.input("a", [size, size]);
  const program = await runtime.compile(lower(graph, { product: graph.matmul(a, a) }));
  const data = fillNormal(seededRandom(2), new Float32Array(size * size));
  const times: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    const startedMs = nodeClock.nowMs();
    await program.run({ a: { data, shape: [size, size] } });
    times.push(nodeClock.nowMs() - startedMs);
  }
  return (2 * size ** 3) / 1e9 / (median(times) / 1000);
}
