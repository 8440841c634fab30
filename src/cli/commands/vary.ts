/** `etude vary`: arguments, options and help. */

import {
  bitDepthOption,
  formatOption,
  historyOption,
  madeSoundArgument,
  remakeModelOption,
  soundFolderOption,
  threadsOption,
} from "../shared-options.ts";

export const vary = {
  summary: "make neighbours of a sound, and a sheet of their spectrograms",
  details:
    "Each is the same sound moved in another direction, all equally far. With --grid it is the sound at five positions of one control by five of another, which the picture shows from left to right and from the bottom up. Prints the paths; the last is the picture, of neighbours with the sound itself first. The NAME.json beside each makes it again.",
  arguments: [madeSoundArgument as typeof madeSoundArgument],
  options: {
    count: {
      type: "integer",
      value: "N",
      short: "n",
      min: 1,
      max: 100,
      default: 12,
      description: "how many",
    },
    amount: {
      type: "number",
      value: "SHARE",
      min: 0,
      max: 1,
      default: 0.3,
      description: "how far from the sound; 1 as far as the recordings vary",
    },
    grid: {
      type: "text",
      value: "A,B",
      description: "two controls, each at -10, -5, 0, 5 and 10, instead of neighbours",
    },
    outputDir: soundFolderOption as typeof soundFolderOption,
    format: formatOption as typeof formatOption,
    bitDepth: bitDepthOption as typeof bitDepthOption,
    model: remakeModelOption as typeof remakeModelOption,
    history: historyOption as typeof historyOption,
    threads: threadsOption as typeof threadsOption,
  },
  examples: [
    "etude vary takes/rain-7.wav",
    "etude vary 3fa2 --count 8 --amount 0.5 -o around",
    "etude vary 3fa2 --grid brightness,attack -o grid",
  ],
} as const;
