/** `etude sweep`: arguments, options and help. */

import { analysisOption, credsOption, tlsCaOption } from "../shared-options.ts";

export const sweep = {
  summary: "train many models on one corpus, and find the settings that suit it",
  details:
    "Tries every combination of the values given with --grid, or some drawn at random, and shows a table that grows as runs finish: the best settings first, by the loss on held-out recordings. The best model comes into the library. Workers are processes of this machine, one thread each, so that the same command makes the same table however many of them there are; `etude worker` adds more, also on other machines. Ctrl-C stops it with all runs saved (exit code 3); --resume goes on, also after a crash.",
  arguments: [
    {
      name: "folder",
      value: "FOLDER",
      description: "folder of recordings, or @NAME of a dataset; not with --resume",
      suggestions: { from: "datasets" },
      optional: true,
    },
  ],
  options: {
    grid: {
      type: "text",
      value: "NAME=VALUES",
      repeatable: true,
      group: "Settings",
      suggestions: { from: "sweep-settings", joint: "=", rest: "text" },
      description:
        "a setting of `etude train` and the values to try, lr=1e-3,2e-3; a single value holds for all runs; with --random also a range, lr=1e-4..1e-2",
    },
    random: {
      type: "integer",
      value: "N",
      min: 1,
      max: 100_000,
      group: "Settings",
      description: "try N combinations drawn at random instead of all",
    },
    seeds: {
      type: "integer",
      value: "N",
      min: 1,
      max: 1000,
      default: 1,
      group: "Settings",
      description: "runs of each combination, with consecutive seeds",
    },
    folds: {
      type: "integer",
      value: "N",
      min: 2,
      max: 1000,
      group: "Settings",
      description: "cross-validation: N runs, each of which holds out a different Nth of the files",
    },
    seed: {
      type: "integer",
      value: "N",
      min: 0,
      max: 4_294_966_295,
      default: 1,
      group: "Settings",
      description: "first seed of the runs; also the seed of --random",
    },
    epochs: {
      type: "integer",
      value: "N",
      short: "e",
      min: 1,
      max: 1_000_000,
      group: "Length",
      description: "passes over the recordings of each run",
      otherwise: "by preset",
    },
    budget: {
      type: "duration",
      value: "TIME",
      group: "Length",
      description:
        "time for one run, 5m, in place of --epochs: measured once on this machine, then the same number of epochs for all runs",
    },
    halving: {
      type: "flag",
      group: "Length",
      description:
        "successive halving: begin with short runs, go on with the better half of the combinations at twice the length, until the rest has the whole length",
    },
    workers: {
      type: "integer",
      value: "N",
      min: 0,
      max: 256,
      group: "Workers",
      description: "processes of this machine that train; 0 leaves all to `etude worker`",
      otherwise: "as many as cores and memory allow; with --nats none",
    },
    threads: {
      type: "integer",
      value: "N",
      min: 1,
      max: 256,
      default: 1,
      group: "Workers",
      description:
        "processor threads of each run; another number changes the rounding, and so the results",
    },
    checkpointSeconds: {
      type: "number",
      value: "S",
      min: 0,
      max: 86_400,
      default: 10,
      group: "Workers",
      description: "seconds between checkpoints from which other workers can continue",
    },
    nats: {
      type: "text",
      value: "URL",
      group: "Far workers",
      description:
        "hand the runs to workers on other machines through this NATS server, nats://HOST",
    },
    creds: credsOption as typeof credsOption,
    tlsCa: tlsCaOption as typeof tlsCaOption,
    sbatch: {
      type: "path",
      value: "FILE",
      group: "Far workers",
      description:
        "plan the sweep, write a Slurm array script that carries it out in its shared folder, and exit",
    },
    outputDir: {
      type: "path",
      value: "DIR",
      short: "o",
      description: "folder of the sweep, outside FOLDER",
      otherwise: "a new folder among the configured runs; with --resume the newest there",
    },
    modelName: {
      type: "text",
      value: "NAME",
      description: "name of the finished model",
      otherwise: "the folder's name",
    },
    csv: {
      type: "path",
      value: "FILE",
      description: "also write the runs as CSV there",
    },
    resume: {
      type: "flag",
      description: "go on with a sweep that was stopped, in --output-dir",
    },
    analysis: analysisOption as typeof analysisOption,
  },
  examples: [
    "etude sweep ~/recordings --grid lr=1e-3,2e-3 --grid latent=16,32 --seeds 3",
    "etude sweep loops --grid lr=1e-4..1e-2 --grid dropout=0..0.5 --random 20 --halving --budget 5m",
    "etude sweep loops --grid model=mel --grid kl-weight=0.005,0.02 --folds 5 --epochs 40 -o runs/kl",
    "etude sweep --resume -o runs/kl",
    "etude sweep ~/recordings --grid lr=1e-3,2e-3 --seeds 10 --nats nats://studio-1",
  ],
  savesWhenCancelled: true,
} as const;
