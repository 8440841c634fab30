/** `etude replay`: its words. */

import { exportOption, metricsPortOption } from "../../options/export-options.ts";
import { speedFactorOption } from "../../options/pace-options.ts";
import { simulate } from "./simulate.ts";

export const replay = {
  summary: "show a run again, and convert its log",
  details:
    "Tells a run as it was told: a training run from its folder, also one that is going on, or a simulated run from what simulate --json wrote. On a terminal it keeps the time of the run, divided by the speed factor, with no pause longer than 2 seconds; anywhere else it does not wait. A stream that several jobs wrote (simulate --jobs --json) is shown as it was, side by side; how many there are is read ahead, so it may begin a second late. Lines of the log that are damaged are left out and named at the end.",
  arguments: [
    {
      name: "run",
      value: "RUN",
      description: 'run folder, or a file of events; "-" reads stdin',
    },
  ],
  options: {
    speedFactor: speedFactorOption as typeof speedFactorOption,
    instant: { type: "flag", group: "Pace", description: "do not wait, also on a terminal" },
    fromStep: {
      type: "integer",
      value: "N",
      min: 1,
      max: 1e9,
      description: "begin to show at this step",
      otherwise: "at the start",
    },
    dialect: {
      ...simulate.options.dialect,
      description: "whose log lines it is told in",
    } as Omit<typeof simulate.options.dialect, "description"> & { readonly description: string },
    export: exportOption as typeof exportOption,
    metricsPort: metricsPortOption as typeof metricsPortOption,
  },
  examples: [
    "etude replay runs/rain",
    "etude replay runs/rain --export csv=rain.csv --export tensorboard=tb",
    "etude replay simulated.jsonl --dialect megatron",
    "etude simulate --once --json --speed-factor 1e9 | etude replay - --export asciicast=run.cast",
  ],
  savesWhenCancelled: true,
  endsWhenStopped: true,
} as const;
