/** `etude resume`: arguments, options and help. */

import { exportOption, metricsPortOption } from "../../options/export-options.ts";
import { analysisOption } from "../shared-options.ts";

export const resume = {
  summary: "continue a stopped training run",
  details:
    "Continues from the newest intact checkpoint as if the run had never stopped, with the same settings. A damaged checkpoint is reported, and the one before it is used. A finished run continues if given more epochs or minutes. The recordings may have been moved or renamed, but must be the same.",
  arguments: [{ name: "run", value: "RUN", description: "run folder" }],
  options: {
    corpus: {
      type: "path",
      value: "FOLDER",
      description: "current folder of its recordings, or @NAME of a dataset",
      suggestions: { from: "datasets" },
      otherwise: "where they were",
    },
    epochs: {
      type: "integer",
      value: "N",
      short: "e",
      min: 1,
      max: 1000000,
      description: "passes over the recordings, including those already done",
      otherwise: "as the run was started",
    },
    minutes: {
      type: "number",
      value: "N",
      min: 0.01,
      max: 100000,
      description: "stop after this many minutes of training, including those already done",
      otherwise: "as the run was started",
    },
    analysis: analysisOption as typeof analysisOption,
    threads: {
      type: "integer",
      value: "N",
      min: 1,
      max: 256,
      description: "processor threads",
      otherwise: "as the run was started",
    },
    export: exportOption as typeof exportOption,
    metricsPort: metricsPortOption as typeof metricsPortOption,
  },
  examples: [
    "etude resume runs/rain",
    "etude resume runs/rain --epochs 200",
    "etude resume runs/rain --corpus /media/disk/rain",
  ],
  savesWhenCancelled: true,
} as const;
