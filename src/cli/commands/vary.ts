/** `etude vary`: its words. */

import { bitDepthOption, formatOption } from "../file-options.ts";

export const vary = {
  summary: "make neighbours of a sound, and a sheet of their spectrograms",
  details:
    "Each is the same sound moved in another direction, all equally far. Prints the paths; the last is the picture, with the sound itself first. What lies beside each variation makes it again.",
  arguments: [
    {
      name: "sound",
      value: "SOUND",
      description: "a sound with its NAME.json beside it, that file, or an id of the history",
    },
  ],
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
    outputDir: {
      type: "path",
      value: "DIR",
      short: "o",
      description: "folder for the files",
      otherwise: "the configured folder for generated sounds",
    },
    format: formatOption as typeof formatOption,
    bitDepth: bitDepthOption as typeof bitDepthOption,
    model: {
      type: "text",
      value: "MODEL",
      description: "model to make them with",
      otherwise: "the one of the library that made the sound",
    },
    history: { type: "flag", negated: true, description: "do not keep them in the history" },
    threads: {
      type: "integer",
      value: "N",
      min: 1,
      max: 256,
      description: "processor threads",
      otherwise: "as configured, else all cores",
    },
  },
  examples: ["etude vary takes/rain-7.wav", "etude vary 3fa2 --count 8 --amount 0.5 -o around"],
} as const;
