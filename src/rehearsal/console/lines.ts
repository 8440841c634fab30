/** Events of a simulated run as lines, in the manner of a training log. */

import type {
  ClusterDescribed,
  DatasetDescribed,
  EvaluationDone,
  ModelDescribed,
  RecipeDescribed,
  RunRestored,
} from "../../events/cluster.ts";
import type { PhaseStarted, RunEvent } from "../../events/events.ts";
import type { View } from "../../show/console/view.ts";
import { plainText } from "../../show/draw/width.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFixed,
  formatGigabytes,
  formatPercent,
  formatQuantity,
  formatScientific,
  formatShort,
} from "../../show/numbers.ts";
import { DAY_MS } from "../engine/units.ts";
import { messageText, placeText, symptomText } from "./words.ts";

export type Level = "INFO" | "WARNING" | "ERROR";

/** One line, in parts. */
export interface Line {
  readonly level: Level;
  readonly text: string;
  /** What was hoped for has come. @default false */
  readonly isGood?: boolean;
}

/** The title of the chapter that begins with this event, as a rule across a log. */
export function chapterOf(event: RunEvent, view: View): string | undefined {
  switch (event.type) {
    case "plan-made":
      return "Initialisation complete";
    case "phase-started":
      if (event.phase === "validating") return "Validation";
      return event.phase === "exporting" && view.run.stepsDone === view.run.plan?.stepsTotal
        ? event.text
        : undefined;
    case "run-summarised":
      return "Training complete";
    default:
      return undefined;
  }
}

/** @returns No lines for events that are shown otherwise, or not at all. */
export function linesOf(event: RunEvent, view: View): Line[] {
  switch (event.type) {
    case "phase-started":
      return isRepeated(event, view) ? [] : [info(event.text)];
    case "model-described":
      return modelLines(event).map(info);
    case "dataset-described":
      return datasetLines(event).map(info);
    case "cluster-described":
      return clusterLines(event).map(info);
    case "recipe-described":
      return recipeLines(event).map(info);
    case "plan-made":
      return [
        info(
          `${formatQuantity(event.epochsTotal, "epoch")}, ${formatQuantity(event.stepsTotal, "step")}, ${formatCount(event.batchSize)} sequences a step`,
        ),
      ];
    case "cluster-message":
      return [{ level: LEVELS[event.level], text: messageText(event) }];
    case "checkpoint-saved":
      return [
        info(
          `saved ${event.path} (${formatBytes(event.bytes)}) in ${formatDuration(event.durationMs)}`,
        ),
      ];
    case "evaluation-done":
      return evaluationLines(event);
    case "run-interrupted":
      return [
        {
          level: event.symptom === "nodes-returned" ? "INFO" : "ERROR",
          text: `training stopped after step ${formatCount(event.step)}: ${placeText(event)}${symptomText(event.symptom)}`,
        },
      ];
    case "run-restored":
      return [info(restoredText(event))];
    case "run-summarised":
      return [
        {
          ...info(`simulated training complete, the model would be in ${event.path}`),
          isGood: true,
        },
      ];
    case "file-written":
      return [info(`${event.path}  ${formatGigabytes(event.bytes)}`)];
    case "notice":
      return [
        { level: event.level === "warning" ? "WARNING" : "INFO", text: plainText(event.text) },
      ];
    default:
      return [];
  }
}

/** A scene goes back to training, or to writing responses, again and again. */
function isRepeated({ phase }: PhaseStarted, { run }: View): boolean {
  return (phase === "training" || phase === "generating") && run.stepsDone > 0;
}

const LEVELS = { info: "INFO", warning: "WARNING", error: "ERROR" } as const;

function info(text: string): Line {
  return { level: "INFO", text: plainText(text) };
}

function modelLines(model: ModelDescribed): string[] {
  const { parameters, activeParameters } = model;
  const active =
    activeParameters < parameters ? ` (${formatShort(activeParameters)} active a token)` : "";
  const experts = model.experts > 0 ? `, ${formatQuantity(model.experts, "expert")} a layer` : "";
  return [
    `model ${model.name}, family ${model.family}`,
    `${formatCount(parameters)} parameters, ${formatShort(parameters)}${active}`,
    `${formatQuantity(model.layers, "layer")}, hidden ${formatCount(model.hidden)}, ${formatQuantity(model.heads, "head")} (${formatCount(model.kvHeads)} for keys and values)${experts}, vocabulary ${formatCount(model.vocabulary)} (${model.tokenizer})`,
  ];
}

function datasetLines({ name, samples, tokens, sequenceTokens }: DatasetDescribed): string[] {
  return [
    `dataset ${name}: ${formatCount(samples)} samples of ${formatCount(sequenceTokens)} tokens, ${formatShort(tokens)} tokens`,
  ];
}

function clusterLines(cluster: ClusterDescribed): string[] {
  const { tensorParallel, pipelineParallel, dataParallel, contextParallel, expertParallel } =
    cluster;
  const splits = [
    `tensor ${tensorParallel}`,
    `pipeline ${pipelineParallel}`,
    `data ${dataParallel}`,
    contextParallel > 1 ? `context ${contextParallel}` : undefined,
    expertParallel > 1 ? `expert ${expertParallel}` : undefined,
    `sharding ${cluster.sharding}`,
  ].filter((part) => part !== undefined);
  const versions = Object.entries(cluster.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `world size ${formatCount(cluster.gpuCount)}: ${formatQuantity(cluster.nodeCount, "node")} of ${formatCount(cluster.gpusPerNode)} ${cluster.gpuName} (${formatBytes(cluster.memoryBytesPerGpu)}), ${cluster.network}`,
    `master ${cluster.master}, backend ${cluster.backend}, ${versions.join(", ")}`,
    `parallel: ${splits.join(", ")}; ${formatBytes(cluster.plannedMemoryBytes)} planned on the fullest GPU; ${formatQuantity(cluster.spareNodes, "spare node")}`,
  ];
}

function recipeLines(recipe: RecipeDescribed): string[] {
  const { planned } = recipe;
  return [
    `precision ${recipe.precision}, global batch ${formatCount(recipe.globalBatchSequences)} sequences, micro-batch ${formatCount(recipe.microBatch)}, accumulation ${formatCount(recipe.accumulation)}`,
    ...rampLines(recipe),
    `learning rate ${formatScientific(recipe.peakLearningRate)} at most, ${formatCount(recipe.warmupSteps)} warm-up steps, ${recipe.schedule}, gradients clipped at ${formatFixed(recipe.clipNorm, 1)}`,
    `planned: ${formatDuration(planned.stepMs)} a step, ${formatShort(planned.tokensPerSecond)} tok/s, mfu ${formatFixed(planned.mfu * 100, 1)}% (causal attention counted half), goodput ${formatPercent(planned.goodput)}, ${formatDuration(planned.days * DAY_MS)} in all`,
  ];
}

function rampLines({ batchRamp = [], globalBatchSequences }: RecipeDescribed): string[] {
  if (batchRamp.length === 0) return [];
  const stages = batchRamp.map(({ untilStep, globalBatchSequences: sequences }) => {
    return `${formatCount(sequences)} sequences until step ${formatCount(untilStep)}`;
  });
  return [`batch ramp: ${stages.join(", ")}, then ${formatCount(globalBatchSequences)}`];
}

function evaluationLines(done: EvaluationDone): Line[] {
  const delta = done.loss - done.trainLoss;
  const sign = delta < 0 ? "-" : "+";
  const lines = [
    info(
      `validation at step ${formatCount(done.step)}: loss ${formatFixed(done.loss, 4)}, ppl ${formatFixed(done.perplexity, 2)}, accuracy ${formatFixed(done.accuracy * 100, 2)}%, training ${formatFixed(done.trainLoss, 4)} (${sign}${formatFixed(Math.abs(delta), 4)}), ${formatShort(done.tokensPerSecond)} tok/s, ${formatDuration(done.durationMs)}${done.best ? ", best so far" : ""}`,
    ),
  ];
  if (!done.best && done.sinceBest <= PATIENCE && done.epoch > 1) {
    const text = `no better for ${formatQuantity(done.sinceBest, "validation")}: patience ${done.sinceBest}/${PATIENCE}`;
    lines.push({ level: "WARNING", text });
  }
  return lines;
}

/** Validations without a better one, after which a careful person would stop; nothing does here. */
const PATIENCE = 5;

function restoredText({
  step,
  lostSteps,
  downtimeMs,
  restart,
  consumedTokens,
  worldSize,
  dataParallel,
}: RunRestored): string {
  const world =
    worldSize === undefined || dataParallel === undefined
      ? ""
      : ` on ${formatQuantity(dataParallel, "replica")} (world size ${formatCount(worldSize)})`;
  const lost =
    lostSteps === 0 ? "nothing lost" : `${formatQuantity(lostSteps, "step")} to do again`;
  return `restored step ${formatCount(step)} (${formatShort(consumedTokens)} tokens)${world}, ${lost}, down for ${formatDuration(downtimeMs)}, restart ${formatCount(restart)}`;
}
