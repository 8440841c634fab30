/** `etude replay`: arguments, options and help. */

import { exportOption, metricsPortOption } from "../../options/export-options.ts";
import { speedFactorOption } from "../../options/pace-options.ts";
import { simulate } from "./simulate.ts";

export const replay = {
  summary: "show a run again, and export it",
  details:
    "Shows a training run from its folder, even while it is running, or a simulated run from the output of simulate --json. On a terminal it keeps the timing of the run, divided by the speed factor, with no pause longer than 2 seconds; elsewhere it does not wait. A stream of several jobs (simulate --jobs --json) is shown side by side; the number of jobs is found by reading ahead, so it may start a second late. Damaged lines of the log are skipped and listed at the end.",
  arguments: [
    {
      name: "run",
      value: "RUN",
      description: 'run folder, or a file of events; "-" reads stdin',
    },
  ],
  options: {
    speedFactor: speedFactorOption as typeof speedFactorOption,
    follow: {
      type: "flag",
      group: "Pace",
      description:
        "show what there is at once, then go on as the run is being written, until it has finished",
    },
    instant: { type: "flag", group: "Pace", description: "do not wait, even on a terminal" },
    fromStep: {
      type: "integer",
      value: "N",
      min: 1,
      max: 1e9,
      description: "start at this step",
      otherwise: "at the start",
    },
    dialect: {
      ...simulate.options.dialect,
      description: "format of the log lines",
    } as Omit<typeof simulate.options.dialect, "description"> & { readonly description: string },
    export: exportOption as typeof exportOption,
    metricsPort: metricsPortOption as typeof metricsPortOption,
  },
  examples: [
    "etude replay runs/rain",
    "etude replay runs/rain --follow --metrics-port 9400",
    "etude replay runs/rain --export csv=rain.csv --export tensorboard=tb",
    "etude replay simulated.jsonl --dialect megatron",
    "etude simulate --once --json --speed-factor 1e9 | etude replay - --export asciicast=run.cast",
  ],
  savesWhenCancelled: true,
  endsWhenStopped: true,
} as const;
