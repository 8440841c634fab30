/** `etude simulate`: arguments, options and help. */

import { simulateOptions } from "../../rehearsal/play/simulate-options.ts";

export const simulate = {
  summary: "simulate the training of a large language model",
  details:
    "Plays simulated runs, one after the other, until Ctrl-C: pretraining from first principles with failures and restarts (llm_pretraining), three epochs in five minutes (llm_training), fine-tuning on one node, reinforcement learning, or the acceptance tests of a cluster. Every run is labelled as simulated. The same seed gives the same run. With --jobs several run at the same time until stopped: run K of job J of N has the seed SEED + (K - 1) * N + J - 1 and, of several --modules, the next one in turn. Each job then has its own files, with its number before the extension (truth-2.jsonl; for tensorboard in a folder job-2), and its own metrics port, counting up from PORT; events (--json) name their job.",
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
