/**
 * Megatron-LM's lines.
 *
 * Source: NVIDIA/Megatron-LM, main of 2026: `training/training.py` (`train`, `training_log`,
 * `evaluate_and_print_results`), `training/checkpointing.py`, `core/timers.py`. Logged every
 * iteration, with --log-throughput, --async-save and distributed checkpoints.
 */

import type { StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import type { DialectKind } from "./dialect.ts";
import { batchOf, type Facts, now, sizesOf } from "./facts.ts";
import { dayMicros, scientific, wide } from "./formats.ts";
import { type Framework, type FrameworkLines, kindOf } from "./framework-log.ts";
import { checkpointsOf } from "./megatron-checkpoints.ts";
import { lossScales } from "./megatron-loss-scale.ts";
import { memoryLines } from "./megatron-memory.ts";
import { MEGATRON_STACK } from "./megatron-stack.ts";
import {
  builtLines,
  loadingLines,
  restoredLines,
  stamped,
  startingLines,
  startup,
  trainingLines,
} from "./megatron-start.ts";

const framework: Framework = {
  name: "megatron",
  summary: "Megatron-LM",
  script: "pretrain_gpt.py",
  role: "default",
  savesAfterEvaluation: true,
  ...MEGATRON_STACK,
  open: linesOf,
};

export const megatron: DialectKind = kindOf(framework);

function linesOf(facts: Facts): FrameworkLines {
  const start = startup();
  const checkpoints = checkpointsOf(facts);
  // It goes on as it is: a checkpoint keeps it.
  const scaleAfter = lossScales(facts);
  let iterations = 0;
  return {
    starting() {
      iterations = 0;
      checkpoints.forget();
      return startingLines(facts, start);
    },
    built: () => builtLines(facts, start),
    training: () => trainingLines(facts),
    step(step) {
      iterations += 1;
      const lossScale = facts.recipe?.precision === "fp16" ? scaleAfter(step.skipped) : 1;
      const line = iterationLine(facts, step, lossScale);
      const report = iterations === 1 || iterations === 2 ? memoryLines(facts, iterations) : [];
      return [line, ...report, ...checkpoints.afterStep(step)];
    },
    evaluation: checkpoints.evaluated,
    saving: checkpoints.saving,
    saved: ({ step }) => checkpoints.saved(step),
    interrupted: checkpoints.finalised,
    overlap: () => [
      "WARNING: Starting a checkpoint save before previous has finished. Consider increasing the checkpoint interval.",
    ],
    loading: (step) => loadingLines(facts, start, step),
    resharding: () => ["Job sharding has changed: Rerun state will be ignored"],
    restored: (restored) => restoredLines(facts, start, restored),
    ended({ outcome }) {
      if (outcome === "finished") return checkpoints.finished();
      const stopped = stamped("exiting program after receiving SIGTERM.", now(facts));
      return [...checkpoints.finalised(), stopped];
    },
  };
}

function iterationLine(facts: Facts, done: StepDone, lossScale: number): string {
  const { step, text, learningRate, gradientNorm, skipped, durationMs } = done;
  const { steps } = sizesOf(facts);
  const loss = skipped ? undefined : taskLoss(done);
  const norm = skipped ? undefined : gradientNorm;
  const parts = [
    ` iteration ${wide(step, 8)}/${wide(steps, 8)}`,
    ` consumed samples: ${wide(facts.consumedSamples, 12)}`,
    ` elapsed time per iteration (ms): ${durationMs.toFixed(1)}`,
    text && ` throughput per GPU (TFLOP/s/GPU): ${text.tflopsPerGpu.toFixed(1)}`,
    ` learning rate: ${scientific(learningRate, 6)}`,
    ` global batch size: ${wide(batchOf(facts, done), 5)}`,
    loss === undefined ? undefined : ` lm loss: ${scientific(loss, 6)}`,
    ` loss scale: ${lossScale.toFixed(1)}`,
    norm === undefined ? undefined : ` grad norm: ${norm.toFixed(3)}`,
    ` number of skipped iterations: ${wide(skipped ? 1 : 0, 3)}`,
    ` number of nan iterations: ${wide(skipped ? 1 : 0, 3)}`,
  ].filter((part) => part !== undefined);
  return ` [${dayMicros(now(facts))}]${parts.map((part) => `${part} |`).join("")}`;
}
