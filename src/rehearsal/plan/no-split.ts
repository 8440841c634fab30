/** Explains why the constraints conflict, where each of them is valid by itself. */

import { UserError } from "../../errors.ts";
import type { PlanRequest } from "./request.ts";

/** Those that are easiest to change come first. */
const PARTS = [
  "interleave",
  "microBatch",
  "globalBatchSequences",
  "expertParallel",
  "contextParallel",
  "pipelineParallel",
  "tensorParallel",
  "dataParallel",
] as const;

type Part = (typeof PARTS)[number];

/** Few, for each is tried out. */
const VALUES_TRIED = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024];

/**
 * Names the first part without which there is a split, and values of it with which there is one.
 *
 * @param isPossible Whether a request has any split.
 * @returns UserError `bad-plan`.
 */
export function noSplit(
  request: PlanRequest,
  isPossible: (request: PlanRequest) => boolean,
): UserError {
  const { shape, gpuCount } = request;
  const over = `${shape.layers} layers and ${shape.heads} heads over ${gpuCount} GPUs`;
  const wrong = PARTS.find(
    (part) => request[part] !== undefined && isPossible(without(request, part)),
  );
  if (wrong === undefined) {
    return badPlan(
      `found no way to split ${over} with the given parts, need parallel sizes that divide them`,
      "Leave some of the parallel sizes, the batch or the micro-batch out, and they are chosen.",
    );
  }
  const given = request[wrong] ?? 1;
  const right = VALUES_TRIED.filter((value) => isPossible({ ...request, [wrong]: value }));
  const nearest = [
    ...right.filter((value) => value < given).slice(-1),
    ...right.filter((value) => value > given).slice(0, 1),
  ];
  return badPlan(
    `found ${wrong} ${given}, with which there is no way to split ${over}, need another`,
    `${nearest.length === 0 ? "Leave" : `Use ${nearest.join(" or ")}, or leave`} ${wrong} out, and it is chosen.`,
  );
}

function without(request: PlanRequest, part: Part): PlanRequest {
  const { [part]: _left, ...rest } = request;
  // Every part may be left out.
  return rest as PlanRequest;
}

function badPlan(found: string, hint: string): UserError {
  return new UserError({
    code: "bad-plan",
    message: `Cannot arrange the run: ${found}`,
    hint,
    exitCode: 2,
  });
}
