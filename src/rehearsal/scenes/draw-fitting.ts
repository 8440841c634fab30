/**
 * Draws a model and machines until the model fits into their memory; what was asked for is kept.
 */

import type { UserError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import { type Architecture, countParameters } from "../catalog/architecture.ts";
import { findGpu, type Gpu } from "../catalog/gpus.ts";
import { MODELS, type Model } from "../catalog/models.ts";
import { pick } from "../engine/chance.ts";
import type { SceneOptions } from "../engine/scene.ts";

const TRIES_MAX = 2000;

export interface Choice {
  readonly model: Model;
  readonly gpu: Gpu;
  readonly gpuCount: number;
}

export interface Fitting<T> {
  /** Limits of models that are drawn; models with experts never are. */
  readonly parametersMin: number;
  readonly parametersMax: number;
  readonly contextTokensMin: number;
  readonly gpus: readonly string[];
  readonly gpuCounts: readonly number[];
  /** @returns Undefined where it does not fit. May draw more of the run. */
  fitted(choice: Choice): T | undefined;
  failure(): UserError;
}

/** @throws UserError the failure, where what was asked for never fits. */
export function drawFitting<T>(
  random: Random,
  { funny, wanted }: SceneOptions,
  fitting: Fitting<T>,
): T {
  const models = MODELS.filter(({ name, shape, isFunny = false, contextTokens }) => {
    if (wanted.modelName !== undefined) return name === wanted.modelName;
    const isLong = contextTokens >= fitting.contextTokensMin;
    return isFunny === funny && isLong && isUsual(shape, fitting);
  });
  for (let i = 0; i < TRIES_MAX; i += 1) {
    const model = pick(random, models);
    const gpu = wanted.gpu ?? findGpu(pick(random, fitting.gpus));
    const gpuCount = wanted.gpuCount ?? pick(random, fitting.gpuCounts);
    const found = fitting.fitted({ model, gpu, gpuCount });
    if (found !== undefined) return found;
  }
  throw fitting.failure();
}

function isUsual(
  shape: Architecture,
  { parametersMin, parametersMax }: Pick<Fitting<unknown>, "parametersMin" | "parametersMax">,
): boolean {
  const { total } = countParameters(shape);
  return (shape.experts ?? 0) === 0 && total > parametersMin && total < parametersMax;
}
