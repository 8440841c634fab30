/** `etude evaluate`: its words. */

export const evaluate = {
  summary: "measure how well a model rebuilds recordings",
  details:
    "Rebuilds each file through the whole path, phase included, and measures it beside two baselines on the same files: PCA with as many numbers per second, and copy-synthesis without a network.",
  arguments: [
    {
      name: "model",
      value: "MODEL",
      description: "name or id in the library, model file, or run folder",
    },
    { name: "folder", value: "FOLDER", description: "folder of recordings, or @NAME of a dataset" },
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
      otherwise: "as its run says, else FOLDER",
    },
    keep: {
      type: "path",
      value: "DIR",
      description: "keep the rebuilt sounds in DIR, outside FOLDER, under the originals' names",
    },
    threads: {
      type: "integer",
      value: "N",
      min: 1,
      max: 256,
      description: "processor threads",
      otherwise: "as configured, else all cores",
    },
  },
  examples: [
    "etude evaluate runs/rain ~/recordings",
    "etude evaluate runs/rain ~/recordings --split all --keep rebuilt --json",
  ],
} as const;
