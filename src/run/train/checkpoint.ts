/** A checkpoint: everything that a run needs to continue as if it had never stopped. */

import type { LearnerState } from "../../model/learner.ts";
import { checkFormat, flat, tensor } from "../../model/model-file.ts";
import { readTensorFile, writeTensorFile } from "../../model/safetensors.ts";
import type { Progress } from "./progress.ts";
import type { DataState } from "./trainee.ts";

export interface Checkpoint {
  readonly learner: LearnerState;
  readonly data: DataState;
  readonly progress: Progress;
}

const FORMAT = "etude-checkpoint";
const VERSION = 1;

export function writeCheckpoint({
  learner,
  data,
  progress,
}: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  return writeTensorFile({
    metadata: {
      format: FORMAT,
      version: String(VERSION),
      data: JSON.stringify(data),
      progress: JSON.stringify(progress),
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

/** @throws UserError "tensor-file-damaged" and those of `checkFormat`. */
export async function readCheckpoint(bytes: Uint8Array, name: string): Promise<Checkpoint> {
  const file = await readTensorFile(bytes, name);
  checkFormat(file, name, { format: FORMAT, version: VERSION });
  const numbers = (key: string): Float32Array => tensor(file, key, name).data;
  return {
    learner: {
      weights: numbers("weights"),
      moment: numbers("moment"),
      variance: numbers("variance"),
      average: numbers("average"),
      statistics: numbers("statistics"),
    },
    data: JSON.parse(file.metadata["data"] ?? "{}") as DataState,
    progress: JSON.parse(file.metadata["progress"] ?? "{}") as Progress,
  };
}
