/** A plan for people: what was asked or chosen, then the figures, then where the time goes. */

import { DAY_SECONDS } from "../engine/units.ts";
import type { Pace } from "./measured-pace.ts";
import type { Plan } from "./plan.ts";
import type { Setup } from "./setup.ts";

/** Of labels: the longest and a blank, or room to breathe where there is some. */
const LABEL_COLUMNS = { few: 19, many: 22 };
const FEW_COLUMNS = 60;
const BAR_COLUMNS_MAX = 24;
/** "65.9 %  " */
const SHARE_COLUMNS = 9;

/**
 * A plan as lines of text, without trailing blanks. Rows are "  label", blanks to a common column, the value; long
 * ones are not broken here.
 *
 * @param columns For labels and bars; from 40.
 * @example
 * console.log(planToLines(planRun(request)).join("\n"));
 */
export function planToLines(plan: Plan, columns = 80): string[] {
  const labelColumns = columns < FEW_COLUMNS ? LABEL_COLUMNS.few : LABEL_COLUMNS.many;
  const barRoom = columns - 2 - labelColumns - SHARE_COLUMNS;
  const lines = (rows: readonly Row[]) =>
    rows.map(([label, value]) => `  ${label.padEnd(labelColumns)}${value}`);
  const isChosen = plan.assumed.some((name) => CHOICES_SHOWN.includes(name));
  return [
    `Plan (estimated): ${plan.modelName ?? "described model"} on ${gpusOf(plan.setup)}`,
    "",
    ...lines(inputRows(plan)),
    ...(isChosen
      ? ["", "(chosen) was left open: the simplest of the fast ones that fit, or what is usual"]
      : []),
    ...(plan.setup.tuned ? [] : [UNTUNED]),
    "",
    ...lines(figureRows(plan)),
    "",
    `Where the ${plan.stepSeconds.toFixed(3)} s of a step go`,
    ...lines(partRows(plan, Math.max(1, Math.min(BAR_COLUMNS_MAX, barRoom)))),
    ...plan.warnings.flatMap((warning) => ["", `Warning: ${warning}.`]),
  ];
}

/** Who gives a split has tried some out. */
const UNTUNED = "not tuned: give a split, or tuned in a description, for one that was tried out";

type Row = readonly [label: string, value: string];

function row(label: string, value: string): Row {
  return [label, value];
}

/** Fields that are marked "(chosen)" where the description left them open. */
const CHOICES_SHOWN: readonly string[] = [
  ...["tokens", "precision", "globalBatchSequences", "microBatch", "sequence"],
  ...["tensorParallel", "pipelineParallel", "dataParallel", "recompute", "sharding"],
];

function gpusOf({ gpu, gpuCount }: Setup): string {
  const limit = gpu.powerWatts === gpu.tdpWatts ? "" : ` at ${gpu.powerWatts} W`;
  return `${grouped(gpuCount)} x ${gpu.name}${limit}`;
}

function inputRows({ setup, parameters, activeParameters, ...plan }: Plan): Row[] {
  const { assumed, asMeasured } = plan;
  const chosen = (...names: (keyof Setup)[]) => {
    const isChosen = names.some((name) => assumed.includes(name));
    if (names.some((name) => asMeasured.includes(name))) {
      return isChosen ? "  (as measured, rest chosen)" : "  (as measured)";
    }
    return isChosen ? "  (chosen)" : "";
  };
  const active = activeParameters === parameters ? "" : `, ${short(activeParameters)} active`;
  return [
    row("parameters", `${grouped(parameters)}${active}`),
    row("tokens", `${short(setup.tokens)}${chosen("tokens")}`),
    row(
      "precision",
      `${setup.precision}${setup.compiled ? ", fused kernels" : ", eager"}${chosen("precision")}`,
    ),
    row("batch", `${batchText(setup)}${chosen("globalBatchSequences", "microBatch", "sequence")}`),
    row(
      "parallel",
      `${gridText(setup)}${setup.tuned ? "" : ", not tuned"}${chosen("tensorParallel", "pipelineParallel", "dataParallel")}`,
    ),
    row("recomputation", `${recomputed(setup)}${chosen("recompute")}`),
    row("sharding", `${SHARDED[setup.sharding]}${chosen("sharding")}`),
  ];
}

function gridText(setup: Setup): string {
  return [
    `tensor ${setup.tensorParallel}`,
    `pipeline ${setup.pipelineParallel}${setup.interleave > 1 ? ` x ${setup.interleave} chunks` : ""}`,
    ...(setup.contextParallel > 1 ? [`context ${setup.contextParallel}`] : []),
    ...(setup.expertParallel > 1 ? [`expert ${setup.expertParallel}`] : []),
    `data ${setup.dataParallel}`,
  ].join(", ");
}

function batchText({ globalBatchSequences, sequence, microBatch }: Setup): string {
  return `${grouped(globalBatchSequences)} x ${grouped(sequence)} tokens, micro-batch ${microBatch}`;
}

const SHARDED: Readonly<Record<Setup["sharding"], string>> = {
  none: "none",
  optimizer: "optimiser states",
  full: "weights, gradients and optimiser states",
};

function recomputed({ recompute, recomputeShare }: Plan["setup"]): string {
  if (recomputeShare === 1) return recompute;
  return `${recompute} in ${(100 * recomputeShare).toFixed(0)} % of the layers`;
}

function figureRows(plan: Plan): Row[] {
  const { reliability, baseline } = plan;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const between = reliability.meanTimeToInterruptSeconds;
  return [
    row(
      "step",
      `${plan.stepSeconds.toFixed(3)} s  (at ${percent(baseline.mfu)} MFU: ${baseline.stepSeconds.toFixed(3)} s)`,
    ),
    row("likely", likelyOf(plan)),
    ...paceRows(plan),
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
    row("time", `${days(plan.days)}, with interruptions ${days(plan.calendarDays)}`),
    row("GPU hours", short(plan.gpuHours)),
    row(
      "checkpoint",
      `${withUnit(plan.checkpointBytes, "B")}, written in ${plan.checkpointWriteSeconds.toFixed(1)} s`,
    ),
    row("save every", savingText(plan)),
    row("interruptions", `${grouped(plan.expectedInterruptions)}, one every ${duration(between)}`),
    row("goodput", `${percent(reliability.goodput)} of the time trains`),
    row("energy", energyOf(plan)),
  ];
}

const KINDS: Readonly<Record<Plan["likely"]["kind"], string>> = {
  dense: "dense runs",
  fp8: "fp8 runs",
  experts: "runs with experts",
  measured: "measured stacks",
};

function likelyOf({ likely: { kind, stepSeconds, mfu } }: Plan): string {
  const rounded = (seconds: number) => String(Number(seconds.toPrecision(3)));
  const percent = (share: number) => (100 * share).toFixed(0);
  const between = `${rounded(stepSeconds.low)} to ${rounded(stepSeconds.high)} s`;
  return `${between}, ${percent(mfu.low)} to ${percent(mfu.high)} % MFU  (8 in 10 ${KINDS[kind]})`;
}

/** With what had to be guessed of the measured run, as the ratio depends on it. */
function paceRows({ pace }: Plan): Row[] {
  if (pace === undefined) return [];
  const guessed = ["tensorParallel", "pipelineParallel", "globalBatchSequences", "microBatch"];
  const isGuessed = guessed.some((name) => pace.assumed.includes(name));
  const { setup } = pace;
  return [
    row("measured", paceText(pace)),
    ...(isGuessed ? [row("measured as", `${gridText(setup)}, ${batchText(setup)}  (chosen)`)] : []),
  ];
}

/** "18.200 s on 64 x H100, planned 16.103 s: steps x 1.13" */
function paceText({ figure, measured, planned, ratio, setup }: Pace): string {
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const show = {
    stepSeconds: (value: number) => `${value.toFixed(3)} s`,
    tokensPerSecondPerGpu: (value: number) => `${grouped(value)} tokens/s per GPU`,
    tflopsPerGpu: (value: number) => `${value.toFixed(1)} TFLOP/s`,
    mfu: share,
    mfuFullAttention: share,
  }[figure];
  return `${show(measured)} on ${gpusOf(setup)}, planned ${show(planned)}: steps x ${ratio.toFixed(2)}`;
}

function savingText({ reliability, days: training }: Plan): string {
  const { checkpointIntervalSeconds, dalyIntervalSeconds, savingIntervalSeconds } = reliability;
  const isOnce = savingIntervalSeconds >= DAY_SECONDS * training;
  const young = duration(checkpointIntervalSeconds);
  const words = `${young} by Young, ${duration(dalyIntervalSeconds)} by Daly`;
  return isOnce ? `${words}: once, at the end` : words;
}

function partRows({ step }: Plan, barColumns: number): Row[] {
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
      const bar = "#".repeat(Math.max(1, Math.round(share * barColumns)));
      return row(label, `${(100 * share).toFixed(1).padStart(5)} %  ${bar}`);
    });
}

function energyOf({ energyMWh, powerMW }: Plan): string {
  const power = withUnit(powerMW * 1e6, "W");
  return `${withUnit(energyMWh * 1e6, "Wh")} at ${power}`;
}

/** 1234567 -> "1.23M"; a thousand million is "B", as in the names of models. */
export function short(value: number): string {
  const { digits, power } = scaled(value, 4);
  return `${digits}${["", "k", "M", "B", "T"][power] ?? ""}`;
}

/** 5.68e12, "B" -> "5.68 TB" */
export function withUnit(value: number, unit: string): string {
  const { digits, power } = scaled(value, 6);
  return `${digits} ${["", "k", "M", "G", "T", "P", "E"][power] ?? ""}${unit}`;
}

/** In thousands to a power, with three digits, and no decimals below a thousand. */
function scaled(value: number, powerMax: number): { digits: string; power: number } {
  if (!Number.isFinite(value)) return { digits: "unlimited", power: 0 };
  let power = 0;
  let size = value;
  while (power < powerMax && Number(size.toPrecision(3)) >= 1000) {
    size /= 1000;
    power += 1;
  }
  const isWhole = power === 0 || Number(size.toPrecision(3)) >= 100;
  return { digits: isWhole ? grouped(size) : size.toPrecision(3), power };
}

function grouped(value: number): string {
  if (!Number.isFinite(value)) return "unlimited";
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

function days(value: number): string {
  if (!Number.isFinite(value)) return "never";
  if (value < 0.1) return duration(DAY_SECONDS * value);
  return value < 2 ? `${(24 * value).toFixed(1)} h` : `${value.toFixed(1)} days`;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "never";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 600) return `${(seconds / 60).toFixed(1)} min`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} days`;
}
