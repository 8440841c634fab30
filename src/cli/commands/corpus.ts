/** `etude corpus`: arguments, options and help. */

import { recordingsArgument } from "../shared-options.ts";

export const corpus = {
  summary: "report on a folder of sounds: what is used, what is not, and why",
  arguments: [recordingsArgument as typeof recordingsArgument],
  options: {
    waveforms: { type: "flag", description: "draw the waveform of each file, one per line" },
    thumbnails: {
      type: "path",
      value: "DIR",
      description: "write the waveform of each file into DIR, outside FOLDER, as a small SVG",
    },
    exportAugmented: {
      type: "path",
      value: "DIR",
      description: "write examples of the augmentation into DIR, with their parameters",
    },
    seed: {
      type: "integer",
      value: "N",
      min: 0,
      max: 4294967295,
      default: 1,
      description: "seed of those examples",
    },
  },
  examples: [
    "etude corpus ~/recordings --waveforms",
    "etude corpus ~/recordings --thumbnails pictures",
    "etude corpus ~/recordings",
    "etude corpus ~/recordings --json",
    "etude corpus ~/recordings --export-augmented examples",
  ],
} as const;
