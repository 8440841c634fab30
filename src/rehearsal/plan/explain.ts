/**
 * The formula of each figure of a plan, with its numbers put in.
 *
 * Written from the plan itself, so that an explanation cannot disagree with the figure:
 * where a sum is shown, its terms are the plan's own parts.
 */

import { attentionWidth, countParameters } from "../catalog/architecture.ts";
import { CHECKPOINT_BYTES_PER_PARAMETER } from "./checkpoint.ts";
import { flopsPerToken } from "./flops.ts";
import { type Plan, peakFlops, WRITE_START_SECONDS, writeRate } from "./plan.ts";
import { gpuWatts } from "./power.ts";
import { ASSUMED, CALIBRATED, chipLimit, matmulRate } from "./rates.ts";
import { microBatchCount, nodeCount, tokensPerStep } from "./setup.ts";
import { SPREADS } from "./spread.ts";

export interface Explanation {
  /** Name of the figure in the JSON. */
  readonly figure: string;
  /** With names. */
  readonly formula: string;
  /** With numbers, ending in the figure. */
  readonly numbers: string;
}

export function explainPlan(plan: Plan): readonly Explanation[] {
  return [
    ...sizeExplanations(plan),
    ...paceExplanations(plan),
    ...stepExplanations(plan),
    ...rateExplanations(plan),
    ...memoryExplanations(plan),
    ...runExplanations(plan),
    ...reliabilityExplanations(plan),
  ];
}

export function explanationLines(plan: Plan): string[] {
  return [
    "",
    "How each figure comes about",
    ...explainPlan(plan).flatMap(({ figure, formula, numbers }) => [
      `  ${figure}`,
      `    = ${formula}`,
      `    = ${numbers}`,
    ]),
  ];
}

/** Where a figure that can be given comes from. */
function assumed({ assumed }: Pick<Plan, "assumed">, field: string, rule: string): string {
  return assumed.includes(field) ? `(${rule})` : "(given)";
}

function number(value: number): string {
  if (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1e6)) {
    return String(Number(value.toPrecision(5)));
  }
  return value.toExponential(3).replace("e+", "e");
}

function sizeExplanations({ setup, ...plan }: Plan): Explanation[] {
  const { shape, sequence } = setup;
  const counts = countParameters(shape);
  const width = attentionWidth(shape);
  return [
    {
      figure: "parameters",
      formula: "layers x (attention + feed-forward + norms) + embeddings + last norm",
      numbers: `${shape.layers} layers, hidden ${shape.hidden}, ${shape.heads}/${shape.kvHeads} heads of ${shape.headDim}, ffn ${shape.ffn}, vocab ${shape.vocab} = ${plan.parameters}`,
    },
    {
      figure: "flopsPerToken",
      formula:
        "6 x (weights of the layers that a token meets + vocab x hidden) + 3 x layers x attention width x sequence (causal: half of the score matrix)",
      numbers: `6 x (${number(counts.activeLayerWeights)} + ${number(counts.outputEmbedding)}) + 3 x ${shape.layers} x ${width} x ${sequence} = ${number(plan.flopsPerToken)}`,
    },
  ];
}

function paceExplanations({ pace }: Plan): Explanation[] {
  if (!pace) return [];
  const { figure, measured, planned, ratio } = pace;
  const isTime = figure === "stepSeconds";
  const [over, under] = isTime ? [measured, planned] : [planned, measured];
  return [
    {
      figure: "measured.ratio",
      formula: `${isTime ? "measured / planned" : "planned / measured"} ${figure} of the measured run; every part of a step takes so many times its planned time`,
      numbers: `${number(over)} / ${number(under)} = ${number(ratio)}`,
    },
  ];
}

function stepExplanations({ setup, step }: Plan): Explanation[] {
  const { layers } = step;
  const micro = microBatchCount(setup);
  const { pipelineParallel, interleave, gpu, precision } = setup;
  const { matmul, attention, elementwise, tensor, context, expert } = layers;
  const used = [
    matmul,
    attention,
    elementwise,
    tensor,
    context,
    expert,
    step.recompute,
    step.logits,
  ];
  const perMicroBatch = step.compute / micro;
  return [
    {
      figure: "matmul rate",
      formula:
        "peak x best measured share x sustained share x chip's own limit x lowered power limit",
      numbers: `${number(peakFlops(setup) / 1e12)} x ${gpu.matmulFraction} x ${CALIBRATED.sustainedMatmul} x ${chipLimit(gpu, precision)} x (${gpu.powerWatts} / ${gpu.tdpWatts}) ^ ${ASSUMED.powerExponent} = ${number(matmulRate(gpu, precision) / 1e12)} TFLOP/s; less for a short inner dimension; each kernel ${ASSUMED.kernelSeconds * 1e6} us more, or its memory traffic if that is longer`,
    },
    {
      figure: "compute",
      formula:
        "micro-batches x (matmul + attention + elementwise + tensor + context + expert + recompute + logits) on the slowest stage",
      numbers: `${micro} micro-batch${micro === 1 ? "" : "es"}: ${used.map(number).join(" + ")} = ${number(step.compute)} s`,
    },
    {
      figure: "bubble",
      formula: "(pipeline - 1) / interleave x time of one micro-batch",
      numbers: `(${pipelineParallel} - 1) / ${interleave} x ${number(perMicroBatch)} = ${number(step.bubble)} s`,
    },
    {
      figure: "stepSeconds",
      formula:
        "compute + bubble + pipeline messages + exposed data parallel + optimiser + host and stragglers",
      numbers: `${[step.compute, step.bubble, step.pipeline, step.data, step.optimizer, step.host].map(number).join(" + ")} = ${number(step.total)} s`,
    },
  ];
}

function rateExplanations(plan: Plan): Explanation[] {
  const { setup, stepSeconds, tokensPerSecondPerGpu, tflopsPerGpu, baseline, likely } = plan;
  const perStep = tokensPerStep(setup);
  const peak = peakFlops(setup) / 1e12;
  return [
    {
      figure: "tokensPerSecondPerGpu",
      formula: "batch x sequence / step / GPUs",
      numbers: `${setup.globalBatchSequences} x ${setup.sequence} / ${number(stepSeconds)} / ${setup.gpuCount} = ${number(tokensPerSecondPerGpu)}`,
    },
    {
      figure: "tokensPerSecond",
      formula: "batch x sequence / step",
      numbers: `${setup.globalBatchSequences} x ${setup.sequence} / ${number(stepSeconds)} = ${number(plan.tokensPerSecond)}`,
    },
    {
      figure: "tflopsPerGpu",
      formula: "tokens per second and GPU x flops per token / 1e12",
      numbers: `${number(tokensPerSecondPerGpu)} x ${number(plan.flopsPerToken)} / 1e12 = ${number(tflopsPerGpu)}`,
    },
    {
      figure: "mfu",
      formula: "TFLOP/s per GPU / dense peak",
      numbers: `${number(tflopsPerGpu)} / ${number(peak)} = ${number(plan.mfu)}`,
    },
    {
      figure: "mfuFullAttention",
      formula:
        "mfu x flops per token with the whole score matrix (6 x layers x attention width x sequence) / flops per token",
      numbers: `${number(plan.mfu)} x ${number(flopsPerToken(setup.shape, setup.sequence, "full-attention"))} / ${number(plan.flopsPerToken)} = ${number(plan.mfuFullAttention)}`,
    },
    {
      figure: "likely.stepSeconds",
      formula: `step x measured over planned time of published runs that the planner was not fitted to${likely.kind === "measured" ? ", each at the pace of the smallest run of its configuration" : ""}: a tenth is faster than the first, a tenth slower than the second`,
      numbers: `${likely.publishedRuns} runs: ${number(stepSeconds)} x ${SPREADS[likely.kind].low} to ${SPREADS[likely.kind].high} = ${number(likely.stepSeconds.low)} to ${number(likely.stepSeconds.high)} s`,
    },
    {
      figure: "baseline.stepSeconds",
      formula: "batch x sequence x flops per token / (GPUs x peak x 0.4)",
      numbers: `${number(perStep)} x ${number(plan.flopsPerToken)} / (${setup.gpuCount} x ${number(peak)}e12 x ${baseline.mfu}) = ${number(baseline.stepSeconds)}`,
    },
  ];
}

function memoryExplanations({ setup, memory, memoryGiBPerGpu }: Plan): Explanation[] {
  const { weights, gradients, optimizer, activations, logits, overhead } = memory;
  const gib = (bytes: number) => number(bytes / 2 ** 30);
  const live =
    setup.pipelineParallel > 1
      ? `max(${gib(activations)}, ${gib(logits)})`
      : `${gib(activations)} + ${gib(logits)}`;
  return [
    {
      figure: "memoryGiBPerGpu",
      formula:
        setup.pipelineParallel > 1
          ? "weights + gradients + optimiser + the larger of activations (first stage) and logits (last stage) + overhead"
          : "weights + gradients + optimiser + activations + logits + overhead",
      numbers: `${[weights, gradients, optimizer].map(gib).join(" + ")} + ${live} + ${gib(overhead)} = ${number(memoryGiBPerGpu)}`,
    },
  ];
}

function runExplanations(plan: Plan): Explanation[] {
  const { setup, steps, stepSeconds } = plan;
  return [
    {
      figure: "steps",
      formula: "tokens / (batch x sequence), rounded up",
      numbers: `${number(setup.tokens)} / ${number(tokensPerStep(setup))} = ${steps}`,
    },
    {
      figure: "days",
      formula: "steps x step / 86400",
      numbers: `${steps} x ${number(stepSeconds)} / 86400 = ${number(plan.days)}`,
    },
    {
      figure: "gpuHours",
      formula: "days x 24 x GPUs",
      numbers: `${number(plan.days)} x 24 x ${setup.gpuCount} = ${number(plan.gpuHours)}`,
    },
    {
      figure: "checkpointBytes",
      formula: "14 x parameters (2 bf16 weights, 4 float32 weights, 8 moments)",
      numbers: `${CHECKPOINT_BYTES_PER_PARAMETER} x ${plan.parameters} = ${plan.checkpointBytes}`,
    },
    {
      figure: "checkpointWriteSeconds",
      formula: "start + bytes / rate of nodes and storage",
      numbers: `${WRITE_START_SECONDS} + ${number(plan.checkpointBytes)} / ${number(writeRate(setup))} = ${number(plan.checkpointWriteSeconds)}`,
    },
    {
      figure: "powerMW",
      formula:
        "building's overhead x GPUs x (mean power of one + its share of the node: 0.4 of its TDP)",
      numbers: `${setup.powerUsageEffectiveness} x ${setup.gpuCount} x (${number(gpuWatts(setup, plan.mfu))} + 0.4 x ${setup.gpu.tdpWatts}) W = ${number(plan.powerMW)} MW`,
    },
    {
      figure: "energyMWh",
      formula: "mean power of the facility x calendar days x 24",
      numbers: `${number(plan.powerMW)} MW x ${number(plan.calendarDays)} x 24 = ${number(plan.energyMWh)}`,
    },
  ];
}

function reliabilityExplanations({ setup, reliability, ...plan }: Plan): Explanation[] {
  const { checkpointSeconds: stall, recoverySeconds, failuresPerNodeDay } = setup;
  const between = reliability.meanTimeToInterruptSeconds;
  const { checkpointIntervalSeconds: young, savingIntervalSeconds: interval } = reliability;
  return [
    {
      figure: "meanTimeToInterruptSeconds",
      formula: "86400 / (nodes x failures per node and day)",
      numbers: `86400 / (${nodeCount(setup)} x ${failuresPerNodeDay}) = ${number(between)}`,
    },
    {
      figure: "checkpointIntervalSeconds",
      formula: "sqrt(2 x stall x mean time between interruptions) (Young)",
      numbers: Number.isFinite(between)
        ? `stall ${assumed(plan, "checkpointSeconds", "1 s and 14 bytes a parameter over all GPUs at 20 GB/s each")}: sqrt(2 x ${number(stall)} x ${number(between)}) = ${number(young)}; Daly ${number(reliability.dalyIntervalSeconds)}`
        : `no interruptions: all of the run = ${number(interval)}`,
    },
    {
      figure: "goodput",
      formula:
        "interval / (interval + stall) x (1 - (interval / 2 + recovery) / mean time between), with Young's interval, from the stall to the whole run",
      numbers: `${number(interval)} / (${number(interval)} + ${number(stall)}) x (1 - (${number(interval)} / 2 + ${number(recoverySeconds)}) / ${number(between)}) = ${number(reliability.goodput)}`,
    },
    {
      figure: "expectedInterruptions",
      formula: "calendar days x 86400 / mean time between",
      numbers: `${number(plan.calendarDays)} x 86400 / ${number(between)} = ${number(plan.expectedInterruptions)}`,
    },
    {
      figure: "calendarDays",
      formula: "days / goodput",
      numbers: `${number(plan.days)} / ${number(reliability.goodput)} = ${number(plan.calendarDays)}`,
    },
  ];
}
