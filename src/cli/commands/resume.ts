/** `etude resume`: its words. */

import { exportOption, metricsPortOption } from "../../options/export-options.ts";

export const resume = {
  summary: "go on with a training run that was stopped",
  details:
    "Continues from the newest whole checkpoint as if the run had never stopped, with the same settings. A damaged checkpoint is named, and the one before it is used. A finished run goes on when it is given more epochs or minutes. The recordings may have other names and lie elsewhere by now, but must be the same.",
  arguments: [{ name: "run", value: "RUN", description: "run folder" }],
  options: {
    corpus: {
      type: "path",
      value: "FOLDER",
      description: "where its recordings lie by now, or @NAME of a dataset",
      otherwise: "where they were",
    },
    epochs: {
      type: "integer",
      value: "N",
      short: "e",
      min: 1,
      max: 1000000,
      description: "passes over the recordings, those already done included",
      otherwise: "as the run was started",
    },
    minutes: {
      type: "number",
      value: "N",
      min: 0.01,
      max: 100000,
      description: "stop after so many minutes of training, those already done included",
      otherwise: "as the run was started",
    },
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
