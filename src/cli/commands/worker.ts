/** `etude worker`: arguments, options and help. */

import { credsOption, tlsCaOption } from "../shared-options.ts";

export const worker = {
  summary: "train runs of a sweep that another process coordinates",
  details:
    "Takes one run of the sweep after the other, hands over its checkpoints, and ends when the sweep is over. It may come and go at any time: what it leaves unfinished goes on elsewhere from its last checkpoint. Ctrl-C hands over what it has.",
  arguments: [
    {
      name: "sweep",
      value: "SWEEP",
      description: "folder of the sweep, on this machine or on a disk that it shares",
      optional: true,
    },
  ],
  options: {
    nats: {
      type: "text",
      value: "URL",
      group: "Far workers",
      description:
        "take runs of the sweeps on this NATS server, nats://HOST, instead of a folder; waits for more when there are none",
    },
    creds: credsOption as typeof credsOption,
    tlsCa: tlsCaOption as typeof tlsCaOption,
    name: {
      type: "text",
      value: "NAME",
      description: "its name in the table",
      otherwise: "the name of this machine",
    },
    maxMemory: {
      type: "number",
      value: "GB",
      min: 0.01,
      max: 100_000,
      description: "skip runs that need more memory",
      otherwise: "as configured, else no limit",
    },
    untilIdle: {
      type: "flag",
      description: "end when there is nothing to do, instead of waiting for the sweep to be over",
    },
  },
  examples: [
    "etude worker runs/kl",
    "etude worker /shared/kl --name studio --until-idle",
    "etude worker --nats nats://studio-1 --max-memory 8",
  ],
  savesWhenCancelled: true,
} as const;
