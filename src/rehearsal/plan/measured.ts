/** A measured run: its description and its speed. */

import { UserError } from "../../errors.ts";
import { isTuned } from "./complete.ts";
import {
  CONFIGURATION,
  type Pace,
  SPEED_FIGURES,
  type SpeedFigure,
  shapeDifferences,
} from "./measured-pace.ts";
import { type Plan, planRun } from "./plan.ts";
import { readRequest } from "./read-request.ts";
import type { PlanRequest } from "./request.ts";

export interface MeasuredRun {
  readonly request: PlanRequest;
  readonly figure: SpeedFigure;
  readonly value: number;
}

/**
 * Reads a description with one speed among its fields, named as in the answer of a plan.
 *
 * @throws UserError `bad-plan-field` for what cannot be read, or without just one speed.
 */
export function readMeasured(json: Readonly<Record<string, unknown>>): MeasuredRun {
  const speeds = SPEED_FIGURES.filter((name) => (json[name] ?? null) !== null);
  const [figure] = speeds;
  // A speed by another name is an unknown field, and the answer to that knows which one is meant.
  if (figure === undefined) ofMeasured(() => readRequest(json));
  if (figure === undefined || speeds.length > 1) {
    const found = speeds.length === 0 ? "no speed" : speeds.join(" and ");
    throw bad(
      `speed: found ${found}, need one of ${SPEED_FIGURES.join(", ")}`,
      "Write down what was measured, once.",
    );
  }
  const value = speedOf(figure, json[figure]);
  const isOpen = [json["globalBatchSequences"], json["sequence"]].some(
    (field) => (field ?? null) === null,
  );
  if (figure === "stepSeconds" && isOpen) {
    throw bad(
      "stepSeconds: found it without globalBatchSequences and sequence, need both",
      "Say how much a step trains on, or give tokensPerSecondPerGpu.",
    );
  }
  const { [figure]: _speed, ...description } = json;
  return { request: ofMeasured(() => readRequest(description)), figure, value };
}

function speedOf(figure: SpeedFigure, value: unknown): number {
  const isShare = figure === "mfu" || figure === "mfuFullAttention";
  const most = isShare ? 1 : 1e9;
  const isSpeed = typeof value === "number" && value > 0 && value < most;
  if (isSpeed) return value;
  const isPercent = isShare && typeof value === "number" && value >= 1 && value <= 100;
  throw bad(
    `${figure}: found ${JSON.stringify(value)}, need a number above 0 and below ${most}`,
    isPercent ? `Write ${value} % as ${value / 100}.` : `Change ${figure}.`,
  );
}

/**
 * The plan of a run at the pace of the measured one. What the request leaves open is as it was
 * there, if both are of one model and GPU.
 *
 * @throws UserError as `planRun` does, of either.
 */
export function planLike(request: PlanRequest, measured: MeasuredRun): Plan {
  const names = takenOver(request, measured.request);
  const taken = Object.fromEntries(names.map((name) => [name, measured.request[name]]));
  const asked = { ...request, ...taken };
  const pace = paceOf(measured, asked);
  const remark = names.length === 0 ? "" : `with ${names.join(", ")} of the measured run`;
  return { ...remarked(remark, () => planRun(asked, pace)), asMeasured: names };
}

function takenOver(request: PlanRequest, measured: PlanRequest): (typeof CONFIGURATION)[number][] {
  const isOfOneKind =
    request.gpu.name === measured.gpu.name &&
    shapeDifferences(request.shape, measured.shape).length === 0;
  if (!isOfOneKind) return [];
  return CONFIGURATION.filter((name) => {
    // Chunks belong to the pipeline that they are of.
    if (name === "interleave" && request.pipelineParallel !== undefined) return false;
    return request[name] === undefined && measured[name] !== undefined;
  });
}

/** @param planned The run at this pace: if the one was tuned, so was the other. */
function paceOf({ request, figure, value }: MeasuredRun, planned: PlanRequest): Pace {
  const tuned = request.tuned ?? isTuned(planned);
  const plan = ofMeasured(() => planRun({ ...request, tuned }));
  const isTime = figure === "stepSeconds";
  const ratio = isTime ? value / plan[figure] : plan[figure] / value;
  checkPossible({ request, figure, value }, plan.mfu / ratio);
  return {
    ratio,
    figure,
    measured: value,
    planned: plan[figure],
    setup: plan.setup,
    assumed: plan.assumed,
  };
}

/** @param mfu That the measured run comes to, by the causal convention. */
function checkPossible({ request, figure, value }: MeasuredRun, mfu: number): void {
  if (mfu < 1) return;
  const percent = (100 * mfu).toFixed(0);
  const each = value / request.gpuCount;
  throw bad(
    `${figure}: found ${value}, which is ${percent} % of what ${request.gpuCount} x ${request.gpu.name} can do, need less than 100 %`,
    figure === "tokensPerSecondPerGpu" || figure === "tflopsPerGpu"
      ? `Is it that of all GPUs? Of each it would be ${each.toPrecision(4)}.`
      : "Check its unit, the batch, the model and the GPUs.",
  );
}

function ofMeasured<T>(work: () => T): T {
  return remarked("in the measured run", work);
}

/** Says behind what is wrong where it comes from: there are two descriptions. */
function remarked<T>(remark: string, work: () => T): T {
  try {
    return work();
  } catch (failure) {
    if (!(failure instanceof UserError) || remark === "") throw failure;
    const { code, hint, exitCode } = failure;
    const message = `${failure.message} (${remark})`;
    throw new UserError({ code, message, hint, exitCode, cause: failure });
  }
}

function bad(message: string, hint: string): UserError {
  return new UserError({
    code: "bad-plan-field",
    message: `Cannot read ${message} (in the measured run)`,
    hint,
    exitCode: 2,
  });
}
