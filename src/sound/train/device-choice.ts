/**
 * What a run computes on. A GPU is tried with the model's own step before it is trusted, and what
 * was measured is reported, so that the next run need not measure it again.
 */

import { messageOf, UserError } from "../../errors.ts";
import type { News, Notice } from "../../events/events.ts";
import type { RecipeDescription } from "../model/kinds.ts";
import type { DeviceWish, OpenGpu, Runtime } from "../tensor/runtime.ts";
import { type DeviceTrial, isRight } from "./device-trial.ts";
import { knownStepMs, recipeKey } from "./known-speed.ts";
import type { KnownSpeed } from "./measured-speed.ts";

/** Of the machine; absent from a session's tools where there can be none. */
export interface GpuTools {
  /** False where a look at the machine is enough to see that there is none. */
  isLikely(): boolean;
  /** Takes a few seconds. @throws Whatever the GPU or its driver does. */
  tryOut(trial: WantedTrial): Promise<DeviceTrial>;
  readonly open: OpenGpu;
}

export interface WantedTrial {
  readonly model: RecipeDescription;
  readonly batchSize: number;
  /** Of the processor that it is set against. */
  readonly threads: number;
}

export interface DeviceChoice {
  /** Undefined where the processor computes. */
  readonly gpu?: Runtime;
  /** What was measured for it, or is known from earlier. */
  readonly speeds: readonly KnownSpeed[];
}

interface Choosing extends WantedTrial {
  readonly wish: DeviceWish;
  readonly processor: Pick<Runtime, "description">;
  readonly gpu: GpuTools | undefined;
  readonly speeds: readonly KnownSpeed[];
  readonly memoryBytes: number;
}

/** Only GPUs are chosen here: which processor runtime it is was decided when it was opened. */
export async function* chooseDevice(choosing: Choosing): AsyncGenerator<News, DeviceChoice> {
  const { wish, gpu, speeds } = choosing;
  const none = { speeds };
  if (wish === "native" || wish === "wasm") return none;
  if (gpu === undefined || (wish === "auto" && !gpu.isLikely())) {
    if (wish === "gpu") yield notUsed("gpu-missing", "there is none here that can be used");
    return none;
  }
  const known = knownRatio(choosing);
  if (wish === "auto" && known !== undefined && known >= 1) {
    yield info("gpu-slower", `the processor computes: ${slower(known)}, as measured before`);
    return none;
  }
  let trial: DeviceTrial;
  let runtime: Runtime;
  try {
    trial = await gpu.tryOut(choosing);
    if (!isRight(trial)) {
      const text = `its step is not the processor's (${errorText(trial)})`;
      yield notUsed("gpu-wrong", text, "Install the newest driver of the GPU.");
      return none;
    }
    runtime = await gpu.open();
  } catch (failure) {
    const { code, hint } = failure instanceof UserError ? failure : {};
    const said = notUsed(code ?? "gpu-failed", messageOf(failure), hint);
    // Without a request for a GPU there is no warning that none exists.
    yield code !== undefined && wish === "auto" ? { ...said, level: "info" } : said;
    return none;
  }
  const measured = speedsOf(trial, choosing);
  const ratio = trial.stepMs / trial.processor.stepMs;
  const isUsed = wish === "gpu" || ratio < 1;
  const { memoryBytes } = choosing;
  yield {
    ...{ type: "device-status", memoryBytes, measured },
    ...(isUsed && { device: runtime.description }),
  };
  if (!isUsed) {
    yield info("gpu-slower", `the processor computes: ${slower(ratio)}`);
    return { speeds: [...measured, ...speeds] };
  }
  yield* usedNews(trial, ratio);
  return { gpu: runtime, speeds: [...measured, ...speeds] };
}

/** That training has gone over to the processor. */
export function lostNews(
  processor: Pick<Runtime, "description">,
  lost: { readonly failure: string; readonly step: number; readonly memoryBytes: number },
): News[] {
  const { failure, step, memoryBytes } = lost;
  return [
    { type: "device-status", memoryBytes, device: processor.description },
    {
      type: "notice",
      level: "warning",
      code: "gpu-lost",
      text: `the GPU failed after step ${step} (${brief(failure)}); the processor goes on from there, nothing is lost`,
      hint: "From here on the run is no longer what it would have been bit for bit.",
    },
  ];
}

/** Where a run goes on by something else than its checkpoint was made with; else nothing. */
export function* otherDeviceNews(before: string | undefined, now: string): Generator<Notice> {
  if (before === undefined || before === now) return;
  const text = `the run goes on by ${now}; its checkpoint was made by ${before}, which rounds differently, so it will no longer be bit for bit what it would have been`;
  yield info("other-device", text);
}

function* usedNews(trial: DeviceTrial, ratio: number): Generator<Notice> {
  const times = `a step takes ${milliseconds(trial.stepMs)}, on the processor ${milliseconds(trial.processor.stepMs)}; it agrees with the processor's (${errorText(trial)})`;
  if (ratio < 1) yield info("gpu-used", `the GPU computes: ${times}`);
  else {
    const text = `the GPU computes as asked, although ${slower(ratio)}: ${times}`;
    yield warning("gpu-slower", text, "--device auto takes the faster one.");
  }
  if (trial.repeats) return;
  const text = "this GPU gives other last digits each time: a resumed run will not be bit for bit";
  yield info("gpu-not-exact", text);
}

/** GPU / processor of what is known of both; undefined where one was not measured. */
function knownRatio({ speeds, processor, model, batchSize }: Choosing): number | undefined {
  const about = { recipe: recipeKey(model), batchSize };
  const processorMs = knownStepMs(
    speeds.filter(({ runtime }) => runtime === processor.description),
    about,
  );
  const gpuMs = knownStepMs(
    speeds.filter(({ runtime }) => runtime.includes(", webgpu, ")),
    about,
  );
  return gpuMs === undefined || processorMs === undefined ? undefined : gpuMs / processorMs;
}

/** Those of a trial, as they are kept. */
export function speedsOf(
  { device, stepMs, processor, batchSize }: DeviceTrial,
  { model }: Pick<WantedTrial, "model">,
): KnownSpeed[] {
  const about = { recipe: recipeKey(model), batchSize };
  return [
    { ...about, runtime: device, stepMs },
    { ...about, runtime: processor.device, stepMs: processor.stepMs },
  ].filter((speed) => speed.stepMs > 0);
}

function slower(ratio: number): string {
  return `the GPU takes ${ratio.toPrecision(2)} times as long for a step`;
}

/** For people: "loss off by 2e-7, gradients by 4e-6". */
export function errorText({ error }: Pick<DeviceTrial, "error">): string {
  return `loss off by ${error.loss.toExponential(0)}, gradients by ${error.gradient.toExponential(0)}`;
}

function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

function notUsed(code: string, why: string, hint?: string): Notice {
  return warning(code, `the GPU is not used: ${brief(why)}; the processor computes`, hint);
}

/** Messages of drivers are long. */
function brief(text: string): string {
  const [line = ""] = text.replace(/^Cannot use a GPU: /, "").split("\n");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

function info(code: string, text: string): Notice {
  return { type: "notice", level: "info", code, text };
}

function warning(code: string, text: string, hint: string | undefined): Notice {
  return { type: "notice", level: "warning", code, text, ...(hint !== undefined && { hint }) };
}
