/** `etude sweep-control`: arguments, options and help. */

import {
  fixedSeedOption,
  modelArgument,
  phaseQualityOption,
  soundFolderOption,
  threadsOption,
} from "../shared-options.ts";

export const sweepControl = {
  summary: "write one sound at nine positions of a control, and a sheet of spectrograms",
  details:
    "Prints the path of each file it wrote. The sheet is a PNG: nine spectrograms from -10 on the left to 10 on the right.",
  arguments: [
    modelArgument as typeof modelArgument,
    { name: "control", value: "CONTROL", type: "name", description: "its name or its label" },
  ],
  options: {
    outputDir: soundFolderOption as typeof soundFolderOption,
    seed: fixedSeedOption as typeof fixedSeedOption,
    quality: phaseQualityOption as typeof phaseQualityOption,
    threads: threadsOption as typeof threadsOption,
  },
  examples: ["etude sweep-control runs/rain brightness -o sweep"],
} as const;
