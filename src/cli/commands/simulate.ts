/** `etude simulate`: its words. */

import { exportOption, metricsPortOption } from "./export-options.ts";
import { speedFactorOption } from "./pace-options.ts";

export const simulate = {
  summary: "show the training of a large language model that does not happen",
  details:
    "Tells simulated runs, one after the other, until Ctrl-C: by first principles with failures and restarts (llm_pretraining), three epochs in five minutes (llm_training), a fine-tuning on one node, learning from rewards, or the tests before a cluster is handed over. Every run says that it is simulated. The same seed tells the same run. With --jobs several are told at the same time, until each is stopped: run K of job J of N has the seed SEED + (K - 1) * N + J - 1 and, of several --modules, the next one in turn. Files are then written one a job, with its number before the ending (truth-2.jsonl; for tensorboard in a folder job-2), metrics are served on as many ports from PORT on, and events (--json) say their job.",
  arguments: [],
  options: {
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
      suggestions: { from: "models" },
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
      description: "end after so much time since the start, as in 2h10min",
    },
    exitAfterModules: {
      type: "integer",
      value: "N",
      min: 1,
      max: 1e9,
      group: "Pace",
      description: "end after so many runs, those of all jobs together",
    },
    once: { type: "flag", group: "Pace", description: "end after one run of each job" },
    inhibit: {
      type: "flag",
      group: "Pace",
      description: "keep the computer awake meanwhile",
    },
    incident: {
      type: "text",
      value: "KIND@STEP",
      suggestions: { from: "incidents", joint: "@" },
      repeatable: true,
      group: "Incidents",
      description:
        "let this go wrong at that step, as in loss-spike@2000 (in llm_training what stops no run)",
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
      description: "nothing goes wrong that was not asked for",
    },
    truth: {
      type: "path",
      value: "FILE",
      group: "Incidents",
      description: "write what really went wrong, as JSON lines",
    },
    batchRamp: {
      type: "flag",
      description:
        "begin with smaller batches where the makers of the model did (BLOOM-176B, Falcon-40B, Llama-3.1-405B, DeepSeek-V3), in even steps",
    },
    funny: { type: "flag", description: "models and texts that nobody would train" },
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
        "whose log lines it is told in, and by whose means llm_pretraining and llm_training are split (megatron has them all)",
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
  },
  examples: [
    "etude simulate",
    "etude simulate -m llm_training --speed-factor 4 --once",
    "etude simulate --model Llama-3.1-405B --gpus H100:16384 --tokens 10T --speed-factor 80000",
    "etude simulate --dialect megatron --incident nccl-hang@500 --speed-factor 1000",
    "etude simulate --jobs 4 --gpus H100:1024 --speed-factor 2000",
    "etude simulate --plan run.json --speed-factor 1000",
    "etude simulate --browser -m llm_training --speed-factor 10",
    "etude simulate --incident loss-spike@500 --truth truth.jsonl --json --once --speed-factor 1e9",
  ],
  savesWhenCancelled: true,
  endsWhenStopped: true,
} as const;
