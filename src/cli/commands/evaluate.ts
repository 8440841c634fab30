/** `etude evaluate`: arguments, options and help. */

import { modelArgument, recordingsArgument, threadsOption } from "../shared-options.ts";

export const evaluate = {
  summary: "measure how well a model rebuilds recordings",
  details:
    "Rebuilds each file through the whole path, phase included, and measures it beside two baselines on the same files: PCA with as many numbers per second, and copy-synthesis without a network.",
  arguments: [
    modelArgument as typeof modelArgument,
    recordingsArgument as typeof recordingsArgument,
  ],
  options: {
    split: {
      type: "choice",
      value: "FILES",
      choices: ["held-out", "all"],
      default: "held-out",
      description: "which files: those not used for training, or all",
    },
    trainedOn: {
      type: "path",
      value: "DIR",
      description: "folder of the model's training recordings, or @NAME",
      suggestions: { from: "datasets" },
      otherwise: "as its run says, else FOLDER",
    },
    keep: {
      type: "path",
      value: "DIR",
      description: "keep the rebuilt sounds in DIR, outside FOLDER, under the originals' names",
    },
    threads: threadsOption as typeof threadsOption,
  },
  examples: [
    "etude evaluate runs/rain ~/recordings",
    "etude evaluate runs/rain ~/recordings --split all --keep rebuilt --json",
  ],
} as const;
