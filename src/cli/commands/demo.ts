/** `etude demo`: arguments, options and help. */

import { exportOption, metricsPortOption } from "../../options/export-options.ts";
import { analysisOption } from "../shared-options.ts";

export const demo = {
  summary: "train for a minute and generate sounds, on synthesised recordings or your own",
  details:
    "Without FOLDER it first renders a small corpus of its own: plucked strings, bells, noise gestures, a bass.",
  arguments: [
    {
      name: "folder",
      value: "FOLDER",
      description: "folder of recordings, or @NAME of a dataset",
      optional: true,
    },
  ],
  options: {
    outputDir: {
      type: "path",
      value: "DIR",
      short: "o",
      description: "folder for all output",
      otherwise: "demo, or beside FOLDER if that lies in it",
    },
    minutes: {
      type: "number",
      value: "N",
      min: 0.01,
      max: 100000,
      default: 1,
      description: "how long to train",
    },
    count: {
      type: "integer",
      value: "N",
      short: "n",
      min: 1,
      max: 10000,
      default: 5,
      description: "how many sounds to generate at the end",
    },
    seed: {
      type: "integer",
      value: "N",
      min: 0,
      max: 4294967295,
      default: 1,
      description: "same seed, same synthesised recordings and starting point",
    },
    analysis: analysisOption as typeof analysisOption,
    export: exportOption as typeof exportOption,
    metricsPort: metricsPortOption as typeof metricsPortOption,
  },
  examples: ["etude demo", "etude demo ~/recordings --minutes 5"],
  savesWhenCancelled: true,
} as const;
