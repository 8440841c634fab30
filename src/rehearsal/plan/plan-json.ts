/** A plan as one JSON object: what was asked or chosen, then the figures. */

import type { Plan } from "./plan.ts";
import { SPREAD_SHARE } from "./spread.ts";

/**
 * A plan as plain JSON: stable names, units last; infinite figures are null.
 *
 * @example
 * console.log(JSON.stringify(planToJson(planRun(request)), null, 2));
 */
export function planToJson(plan: Plan): Record<string, unknown> {
  const { reliability } = plan;
  return {
    model: plan.modelName ?? null,
    inputs: echoOf(plan),
    assumed: plan.assumed,
    asMeasured: plan.asMeasured,
    warnings: plan.warnings,
    flopsConvention: "causal attention (Megatron-LM); recomputation not counted",
    parameters: plan.parameters,
    activeParameters: plan.activeParameters,
    flopsPerToken: plan.flopsPerToken,
    steps: plan.steps,
    stepSeconds: plan.stepSeconds,
    stepParts: partsOf(plan),
    tokensPerSecond: plan.tokensPerSecond,
    tokensPerSecondPerGpu: plan.tokensPerSecondPerGpu,
    tflopsPerGpu: plan.tflopsPerGpu,
    mfu: plan.mfu,
    mfuFullAttention: plan.mfuFullAttention,
    days: plan.days,
    calendarDays: finite(plan.calendarDays),
    gpuHours: plan.gpuHours,
    memoryGiBPerGpu: plan.memoryGiBPerGpu,
    memoryParts: plan.memory,
    checkpointBytes: plan.checkpointBytes,
    checkpointWriteSeconds: plan.checkpointWriteSeconds,
    checkpointIntervalSeconds: reliability.checkpointIntervalSeconds,
    dalyIntervalSeconds: reliability.dalyIntervalSeconds,
    savingIntervalSeconds: reliability.savingIntervalSeconds,
    meanTimeToInterruptSeconds: finite(reliability.meanTimeToInterruptSeconds),
    expectedInterruptions: finite(plan.expectedInterruptions),
    goodput: reliability.goodput,
    powerMW: plan.powerMW,
    energyMWh: plan.energyMWh,
    baseline: plan.baseline,
    baselineStepSeconds: plan.baseline.stepSeconds,
    likely: { share: SPREAD_SHARE, ...plan.likely },
    measured: measuredOf(plan),
    estimated: true,
  };
}

/** What was measured, what it was planned to be, and how much longer a step took than planned. */
function measuredOf({ pace }: Plan): Record<string, unknown> | null {
  if (!pace) return null;
  const { ratio, figure, measured, planned, setup } = pace;
  return { figure, measured, planned, ratio, gpu: setup.gpu.name, gpuCount: setup.gpuCount };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The description that gives this plan again. */
function echoOf({ setup, modelName }: Plan): Record<string, unknown> {
  const { shape, gpu, ...rest } = setup;
  return {
    ...(modelName === undefined ? {} : { model: modelName }),
    layers: shape.layers,
    hidden: shape.hidden,
    heads: shape.heads,
    kvHeads: shape.kvHeads,
    headDim: shape.headDim,
    ffn: shape.ffn,
    vocab: shape.vocab,
    tiedEmbeddings: shape.tiedEmbeddings,
    gatedMlp: shape.gatedMlp,
    experts: shape.experts ?? 0,
    expertsPerToken: shape.expertsPerToken ?? 0,
    gpu: gpu.powerWatts === gpu.tdpWatts ? gpu.name : `${gpu.name} ${gpu.powerWatts} W`,
    nicGbPerSecond: gpu.nicGbPerSecond,
    ...rest,
  };
}

/** Where a step goes; all parts add up to the step. */
function partsOf({ step }: Plan): Record<string, number> {
  const { layers } = step;
  const layerSum = Object.values<number>({ ...layers }).reduce((sum, part) => sum + part, 0);
  return {
    matmulSeconds: layers.matmul,
    attentionSeconds: layers.attention,
    elementwiseSeconds: layers.elementwise,
    tensorParallelSeconds: layers.tensor,
    contextParallelSeconds: layers.context,
    expertParallelSeconds: layers.expert,
    recomputeSeconds: step.recompute,
    logitsSeconds: step.logits,
    launchSeconds: Math.max(0, step.compute - layerSum - step.recompute - step.logits),
    bubbleSeconds: step.bubble,
    pipelineMessagesSeconds: step.pipeline,
    dataParallelSeconds: step.data,
    optimizerSeconds: step.optimizer,
    hostSeconds: step.host,
  };
}
