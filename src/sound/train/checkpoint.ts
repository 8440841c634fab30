/** A checkpoint: everything that a run needs to continue as if it had never stopped. */

import * as v from "valibot";
import { count, fields, type Shape, wholeNumber } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import {
  flat,
  formatMetadata,
  incomplete,
  jsonField,
  requireFormat,
  requireShape,
  tensor,
} from "../model/format.ts";
import type { ParameterLayout } from "../model/parameters.ts";
import type { Recipe } from "../model/recipe.ts";
import { readTensorFile, writeTensorFile } from "../model/safetensors.ts";
import type { LearnerState } from "../model/trained-state.ts";
import { elementCount } from "../tensor/shapes.ts";
import { type Progress, progressShape } from "./progress.ts";
import type { DataState } from "./training-data.ts";

export interface Checkpoint {
  readonly learner: LearnerState;
  readonly data: DataState;
  readonly progress: Progress;
  /** Seal of the record that it belongs to, see `sealOf`; absent if an earlier étude wrote it. */
  readonly record?: string;
  /** What computed it, as people see it; absent if an earlier étude wrote it. */
  readonly device?: string;
}

export function writeCheckpoint({
  learner,
  data,
  progress,
  record,
  device,
}: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  return writeTensorFile({
    metadata: {
      ...formatMetadata("checkpoint"),
      data: JSON.stringify(data),
      progress: JSON.stringify(progress),
      ...(record !== undefined && { record }),
      ...(device !== undefined && { device }),
    },
    tensors: {
      weights: flat(learner.weights),
      moment: flat(learner.moment),
      variance: flat(learner.variance),
      average: flat(learner.average),
      statistics: flat(learner.statistics),
    },
  });
}

/** @throws UserError "tensor-file-damaged" and those of `requireFormat`. */
export async function readCheckpoint(bytes: Uint8Array, name: string): Promise<Checkpoint> {
  const file = await readTensorFile(bytes, name);
  requireFormat(file, name, "checkpoint");
  const { shape } = tensor(file, "weights", name);
  const numbers = (part: string, wanted = shape): Float32Array => {
    const found = tensor(file, part, name);
    requireShape(found, wanted, { name, part });
    return found.data;
  };
  const learner = {
    weights: numbers("weights", [elementCount(shape)]),
    moment: numbers("moment"),
    variance: numbers("variance"),
    average: numbers("average"),
    statistics: tensor(file, "statistics", name).data,
  };
  if (learner.variance.some((value) => value < 0)) {
    throw incomplete(name, 'its "variance" is negative');
  }
  const { record, device } = file.metadata;
  return {
    ...(record !== undefined && { record }),
    ...(device !== undefined && { device }),
    learner,
    data: jsonField(file, name, { field: "data", shape: dataShape }),
    progress: jsonField(file, name, { field: "progress", shape: progressShape }),
  };
}

const RANDOM_STATE_MAX = 2 ** 32 - 1;

const dataShape: Shape<DataState> = fields({
  random: wholeNumber(0, RANDOM_STATE_MAX),
  deck: v.array(count),
});

/** @throws UserError "checkpoint-of-another-model" where the architecture has changed since. */
export function requireFit(
  { learner, data }: Checkpoint,
  run: {
    readonly layout: ParameterLayout;
    readonly recipe: Recipe;
    readonly fileCount: number;
  },
): void {
  const { layout, recipe, fileCount } = run;
  const pairs = [
    { what: "parameters", found: learner.weights.length, need: layout.size },
    {
      what: "statistics",
      found: learner.statistics.length,
      need: recipe.startingStatistics.length,
    },
  ];
  const other = pairs.find(({ found, need }) => found !== need);
  const unknown = data.deck.find((file) => file >= fileCount);
  if (other === undefined && unknown === undefined) return;
  throw new UserError({
    code: "checkpoint-of-another-model",
    message:
      other === undefined
        ? `Cannot resume: the next file of the checkpoint is ${unknown}, the run has ${fileCount}`
        : `Cannot resume: the checkpoint holds ${other.found} ${other.what}, this program's model has ${other.need}`,
    hint: "Resume with the version of étude that started the run, or start a new run.",
  });
}
