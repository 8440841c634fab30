/**
 * The options of `etude simulate`, as data: the command line, its help and the form and address of
 * the page read this one table.
 */

import { exportOption, metricsPortOption } from "../../options/export-options.ts";
import { speedFactorOption } from "../../options/pace-options.ts";
import type { OptionValuesOf } from "../../options/spec.ts";

export const simulateOptions = {
  listModules: { type: "flag", short: "l", description: "print the names of the scenes" },
  listData: {
    type: "flag",
    description: "print the models, GPUs and data sets that runs are drawn from",
  },
  modules: {
    type: "choice",
    value: "NAME",
    short: "m",
    choices: [
      "cluster_burn_in",
      "llm_finetuning",
      "llm_pretraining",
      "llm_training",
      "rl_post_training",
    ],
    repeatable: true,
    otherwise: "llm_pretraining",
    description: "scenes to choose from",
  },
  model: {
    type: "text",
    value: "NAME",
    description: "model of the catalogue",
    suggestions: { from: "simulated-models" },
    otherwise: "drawn",
  },
  gpus: {
    type: "text",
    value: "NAME:COUNT",
    description: "GPUs, as in H100:1024",
    suggestions: { from: "gpus", joint: ":" },
    otherwise: "drawn",
  },
  plan: {
    type: "path",
    value: "FILE",
    description:
      "description of the run in JSON, as etude plan --config takes it; --model, --gpus and --tokens are laid over it",
  },
  tokens: {
    type: "text",
    value: "N",
    description: "tokens to train on, as in 15T",
    otherwise: "drawn",
  },
  seed: {
    type: "integer",
    value: "N",
    min: 0,
    max: 4294967295,
    description: "same seed, same run",
    otherwise: "by the clock",
  },
  jobs: {
    type: "integer",
    value: "N",
    min: 1,
    max: 9,
    default: 1,
    description:
      "runs at the same time, side by side on a terminal; elsewhere each line begins with its job, as in [2]",
  },
  speedFactor: speedFactorOption as typeof speedFactorOption,
  instantPrintLines: {
    type: "integer",
    value: "N",
    short: "i",
    min: 0,
    max: 1e9,
    default: 0,
    group: "Pace",
    description: "print the first lines without a pause",
  },
  exitAfterTime: {
    type: "duration",
    value: "TIME",
    group: "Pace",
    description: "end after this much time, as in 2h10min",
  },
  exitAfterModules: {
    type: "integer",
    value: "N",
    min: 1,
    max: 1e9,
    group: "Pace",
    description: "end after N runs, counted over all jobs",
  },
  once: { type: "flag", group: "Pace", description: "end after one run of each job" },
  inhibit: {
    type: "flag",
    group: "Pace",
    description: "keep the computer awake while it runs",
  },
  incident: {
    type: "text",
    value: "KIND@STEP",
    suggestions: { from: "incidents", joint: "@" },
    repeatable: true,
    group: "Incidents",
    description:
      "inject this incident at that step, as in loss-spike@2000 (in llm_training what stops no run)",
  },
  spares: {
    type: "integer",
    value: "N",
    min: 0,
    max: 1000,
    otherwise: "1.5 % of the nodes",
    group: "Incidents",
    description: "nodes that wait to replace others; with none left the job goes on with fewer",
  },
  chance: {
    type: "flag",
    negated: true,
    group: "Incidents",
    description: "no incidents but those of --incident",
  },
  truth: {
    type: "path",
    value: "FILE",
    group: "Incidents",
    description: "write the true incidents, as JSON lines",
  },
  batchRamp: {
    type: "flag",
    description:
      "begin with smaller batches where the makers of the model did (BLOOM-176B, Falcon-40B, Llama-3.1-405B, DeepSeek-V3), in even steps",
  },
  funny: { type: "flag", description: "include joke models and data sets" },
  dialect: {
    type: "choice",
    value: "NAME",
    choices: [
      "etude",
      "deepspeed",
      "huggingface",
      "lightning",
      "megatron",
      "nanotron",
      "torchtitan",
    ],
    default: "etude",
    description:
      "log format of a framework; llm_pretraining and llm_training then use its kinds of parallelism (megatron has all)",
  },
  browser: {
    type: "flag",
    group: "Browser",
    description: "show it in a page: serves one on 127.0.0.1 and prints its address",
  },
  port: {
    type: "integer",
    value: "PORT",
    min: 0,
    max: 65535,
    group: "Browser",
    description: "where --browser serves the page; 0 for any free port",
    otherwise: "any free port",
  },
  export: exportOption as typeof exportOption,
  metricsPort: metricsPortOption as typeof metricsPortOption,
} as const;

/** What they were set to. */
export type SimulateValues = OptionValuesOf<typeof simulateOptions>;
