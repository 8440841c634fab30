/** `etude ancestors`: arguments, options and help. */

import { threadsOption } from "../shared-options.ts";

export const ancestors = {
  summary: "say which recordings a sound comes from, and how new it is",
  details:
    "The model encodes the sound and finds the nearest of its recordings, second by second. Novelty is the distance to them, that of recordings from each other being 1. Of a blend it is the model whose recordings are nearest. Recordings have names where the run of the model is known, else the first digits of their SHA-256.",
  arguments: [
    { name: "files", value: "FILE", description: "sounds, of any origin", repeatable: true },
  ],
  options: {
    model: {
      type: "text",
      value: "MODEL",
      short: "m",
      description: "name or id in the library, model file, or run folder",
      suggestions: { from: "library-models" },
      otherwise: "the one that the NAME.json beside the sound says",
    },
    threads: threadsOption as typeof threadsOption,
  },
  examples: ["etude ancestors takes/rain-7.wav", "etude ancestors mine.flac --model rain --json"],
} as const;
