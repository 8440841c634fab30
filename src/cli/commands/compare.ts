/** `etude compare`: arguments, options and help. */

import { soundFolderOption } from "../shared-options.ts";

export const compare = {
  summary: "write sounds as loud as each other, to compare them by ear",
  details:
    "All are turned down to the quietest. Prints the paths of the copies. The winner becomes a preset with `etude preset save`.",
  arguments: [
    {
      name: "files",
      value: "FILE",
      description: "two or more sounds",
      repeatable: true,
    },
  ],
  options: {
    outputDir: soundFolderOption as typeof soundFolderOption,
  },
  examples: ["etude compare takes/rain-7.wav takes/rain-8.wav -o compared"],
} as const;
