/** `etude simulate`: its words. */

import { simulateOptions } from "../../rehearsal/play/simulate-options.ts";

export const simulate = {
  summary: "show the training of a large language model that does not happen",
  details:
    "Tells simulated runs, one after the other, until Ctrl-C: by first principles with failures and restarts (llm_pretraining), three epochs in five minutes (llm_training), a fine-tuning on one node, learning from rewards, or the tests before a cluster is handed over. Every run says that it is simulated. The same seed tells the same run. With --jobs several are told at the same time, until each is stopped: run K of job J of N has the seed SEED + (K - 1) * N + J - 1 and, of several --modules, the next one in turn. Files are then written one a job, with its number before the ending (truth-2.jsonl; for tensorboard in a folder job-2), metrics are served on as many ports from PORT on, and events (--json) say their job.",
  arguments: [],
  options: simulateOptions as typeof simulateOptions,
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
