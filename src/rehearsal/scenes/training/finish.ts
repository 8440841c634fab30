/** The end of a short training: weights are cast and written in shards, then the summary. */

import { exp, rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { WEIGHT_BYTES } from "../../plan/memory.ts";
import { writeRate } from "../../plan/plan.ts";
import {
  companionsOf,
  EXPORT_RATE,
  outputPath,
  type Shard,
  shardCountOf,
  shardsOf,
} from "../export.ts";
import { after, between, says } from "../timed-news.ts";
import { EPOCHS, type TrainingRun } from "./training-run.ts";

const UPDATES = 100;

interface ExportStep {
  readonly text: string;
  /** How long it is shown at speed 1, in milliseconds. */
  readonly shownMs: readonly [low: number, high: number];
  /** What it takes in simulated time, in seconds. */
  readonly seconds: number;
}

/** The times of all that moves bytes follow from them. */
function stepsOf({ plan }: TrainingRun, shards: readonly Shard[]): readonly ExportStep[] {
  const bytes = plan.parameters * WEIGHT_BYTES;
  const [{ bytes: shardBytes } = { bytes }] = shards;
  const size = `${rounded(shardBytes / 1e9, 1)} GB`;
  const writing = shards.length === 1 ? `1 shard of ${size}` : `${shards.length} shards of ${size}`;
  return [
    {
      text: "Merging the weights of all ranks",
      shownMs: [3000, 5000],
      seconds: bytes / writeRate(plan.setup),
    },
    { text: "Optimising for inference", shownMs: [2000, 3000], seconds: bytes / CASTING_RATE },
    {
      text: "Serialising to SafeTensors",
      shownMs: [2000, 3000],
      seconds: bytes / SERIALISING_RATE,
    },
    { text: `Writing ${writing}`, shownMs: [1000, 2000], seconds: bytes / EXPORT_RATE },
  ];
}

/** Of one host, bytes per second: through its memory, and with a checksum. Assumed. */
const CASTING_RATE = 20e9;
const SERIALISING_RATE = 5e9;

/** A step of the export takes at least so long, whatever its bytes. Assumed. */
const STEP_SECONDS_MIN = 0.2;

export function* finishing(run: TrainingRun): Generator<SceneItem> {
  const { plan, described } = run;
  const shards = shardsOf(plan.parameters, shardCountOf(plan.parameters));
  for (const step of stepsOf(run, shards)) yield* exportStep(run, step);
  for (const { name, bytes } of shards) {
    yield after(run, between(run, 100, 300), {
      type: "file-written",
      kind: "shard",
      path: name,
      bytes,
    });
  }
  const { vocabulary, layers, name } = described.model;
  const companions = companionsOf(vocabulary, shards.length, layers);
  for (const file of companions) yield after(run, between(run, 50, 150), file);
  const written = [...shards, ...companions];
  const values = {
    shards: shards.length,
    files: written.length,
    bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  yield after(
    run,
    0,
    says({ level: "info", source: "framework", code: "export-complete", values }),
  );
  run.machines.advance(run.nowMs, "down");
  const elapsedMs = run.nowMs;
  yield after(run, 0, {
    type: "run-summarised",
    elapsedMs,
    epochs: EPOCHS,
    steps: run.stepsTotal,
    loss: run.lastLoss,
    perplexity: rounded(exp(run.lastLoss), 6),
    bestLoss: run.bestLoss,
    utilisation: 0.985,
    memoryBytesPeak: run.machines.peakMemoryBytes,
    path: outputPath(name),
    bytes: plan.parameters * WEIGHT_BYTES,
    tokens: run.stepsTotal * run.batchTokens,
    energyJoules: Math.round(run.machines.energyJoules),
    goodput: rounded(run.trainMs / elapsedMs, 4),
    interruptions: 0,
  });
  yield after(run, 0, { type: "run-ended", outcome: "finished", step: run.stepsTotal, elapsedMs });
}

function* exportStep(run: TrainingRun, step: ExportStep): Generator<SceneItem> {
  const { text, shownMs, seconds } = step;
  yield after(run, 0, { type: "phase-started", phase: "exporting", text });
  const startedMs = run.nowMs;
  const takesMs = 1000 * Math.max(STEP_SECONDS_MIN, seconds);
  const eachMs = between(run, shownMs[0], shownMs[1]) / UPDATES;
  for (let done = 1; done <= UPDATES; done += 1) {
    run.nowMs = startedMs + Math.round((takesMs * done) / UPDATES);
    const news = { type: "phase-progress", phase: "exporting", done, total: UPDATES } as const;
    yield { atMs: run.nowMs, shownMs: eachMs, news };
  }
}
