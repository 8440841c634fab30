/** A plan for people: what was asked or chosen, then the figures, then where the time goes. */

import type { Plan } from "./plan.ts";
import type { Setup } from "./setup.ts";

const LABEL_WIDTH = 22;
const BAR_WIDTH = 24;

/** Lines without trailing blanks, at most 80 columns with names of usual length. */
export function planToLines(plan: Plan): string[] {
  return [
    `Plan (estimated): ${plan.modelName ?? "described model"} on ${gpusOf(plan.setup)}`,
    "",
    ...inputLines(plan),
    "",
    ...figureLines(plan),
    "",
    "Where a step goes",
    ...partLines(plan),
    ...plan.warnings.flatMap((warning) => ["", `Warning: ${warning}.`]),
  ];
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${value}`;
}

function gpusOf({ gpu, gpuCount }: Setup): string {
  const limit = gpu.powerWatts === gpu.tdpWatts ? "" : ` at ${gpu.powerWatts} W`;
  return `${grouped(gpuCount)} x ${gpu.name}${limit}`;
}

function inputLines({ setup, parameters, activeParameters, assumed }: Plan): string[] {
  const chosen = (...names: (keyof Setup)[]) =>
    names.some((name) => assumed.includes(name)) ? "  (chosen)" : "";
  const active = activeParameters === parameters ? "" : `, ${short(activeParameters)} active`;
  const grid = [
    `tensor ${setup.tensorParallel}`,
    `pipeline ${setup.pipelineParallel}${setup.interleave > 1 ? ` x ${setup.interleave} chunks` : ""}`,
    ...(setup.contextParallel > 1 ? [`context ${setup.contextParallel}`] : []),
    ...(setup.expertParallel > 1 ? [`expert ${setup.expertParallel}`] : []),
    `data ${setup.dataParallel}`,
  ].join(", ");
  return [
    row("parameters", `${grouped(parameters)}${active}`),
    row("tokens", `${short(setup.tokens)}${chosen("tokens")}`),
    row(
      "precision",
      `${setup.precision}${setup.compiled ? ", fused kernels" : ", eager"}${chosen("precision")}`,
    ),
    row(
      "batch",
      `${grouped(setup.globalBatchSequences)} x ${grouped(setup.sequence)} tokens, micro-batch ${setup.microBatch}${chosen("globalBatchSequences", "microBatch", "sequence")}`,
    ),
    row(
      "parallel",
      `${grid}${setup.tuned ? "" : ", not tuned"}${chosen("tensorParallel", "pipelineParallel", "dataParallel")}`,
    ),
    row(
      "recompute, sharding",
      `${recomputed(setup)}, ${setup.sharding}${chosen("recompute", "sharding")}`,
    ),
  ];
}

function recomputed({ recompute, recomputeShare }: Plan["setup"]): string {
  if (recomputeShare === 1) return recompute;
  return `${recompute} in ${(100 * recomputeShare).toFixed(0)} % of the layers`;
}

function figureLines(plan: Plan): string[] {
  const { reliability, baseline } = plan;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const between = reliability.meanTimeToInterruptSeconds;
  return [
    row(
      "step",
      `${plan.stepSeconds.toFixed(3)} s  (at ${percent(baseline.mfu)} MFU: ${baseline.stepSeconds.toFixed(3)} s)`,
    ),
    row(
      "tokens per second",
      `${short(plan.tokensPerSecond)}, ${grouped(plan.tokensPerSecondPerGpu)} per GPU`,
    ),
    row(
      "MFU",
      `${percent(plan.mfu)} causal, ${percent(plan.mfuFullAttention)} with the whole attention matrix`,
    ),
    row("rate", `${plan.tflopsPerGpu.toFixed(1)} TFLOP/s per GPU`),
    row(
      "memory",
      `${plan.memoryGiBPerGpu.toFixed(1)} GiB of ${((plan.setup.gpu.memoryGb * 1e9) / 2 ** 30).toFixed(1)} on the fullest GPU`,
    ),
    row("steps", grouped(plan.steps)),
    row("time", `${days(plan.days)} without, ${days(plan.calendarDays)} with interruptions`),
    row("GPU hours", short(plan.gpuHours)),
    row(
      "checkpoint",
      `${short(plan.checkpointBytes)}B, written in ${plan.checkpointWriteSeconds.toFixed(1)} s`,
    ),
    row(
      "save every",
      `${duration(reliability.checkpointIntervalSeconds)} (Young; Daly ${duration(reliability.dalyIntervalSeconds)})`,
    ),
    row("interruptions", `${grouped(plan.expectedInterruptions)}, one every ${duration(between)}`),
    row("goodput", percent(reliability.goodput)),
    row("energy", `${short(plan.energyMWh * 1e6)}Wh at ${short(plan.powerMW * 1e6)}W`),
  ];
}

function partLines({ step }: Plan): string[] {
  const { layers } = step;
  const parts: readonly (readonly [string, number])[] = [
    ["matmuls", layers.matmul],
    ["attention", layers.attention],
    ["norms, activations", layers.elementwise],
    ["tensor parallel", layers.tensor],
    ["context parallel", layers.context],
    ["expert parallel", layers.expert],
    ["recomputation", step.recompute],
    ["logits and loss", step.logits],
    ["pipeline bubble", step.bubble],
    ["pipeline messages", step.pipeline],
    ["data parallel", step.data],
    ["optimiser", step.optimizer],
    ["host, stragglers", step.host],
  ];
  return parts
    .filter(([, seconds]) => seconds > 0.0005 * step.total)
    .map(([label, seconds]) => {
      const share = seconds / step.total;
      const bar = "#".repeat(Math.max(1, Math.round(share * BAR_WIDTH)));
      return row(label, `${(100 * share).toFixed(1).padStart(5)} %  ${bar}`);
    });
}

/** 1234567 -> "1.23M" */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "unlimited";
  const units = ["", "k", "M", "G", "T", "P", "E"];
  const power = value >= 1 ? Math.min(6, Math.floor(Math.log10(value) / 3)) : 0;
  const scaled = value / 1000 ** power;
  return `${scaled >= 100 || power === 0 ? scaled.toFixed(0) : scaled.toPrecision(3)}${units[power]}`;
}

function grouped(value: number): string {
  if (!Number.isFinite(value)) return "unlimited";
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

function days(value: number): string {
  if (!Number.isFinite(value)) return "never";
  return value < 2 ? `${(24 * value).toFixed(1)} h` : `${value.toFixed(1)} days`;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "never";
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} days`;
}
