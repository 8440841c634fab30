/** `etude analyze`: arguments, options and help. */

import { modelArgument, threadsOption } from "../shared-options.ts";

export const analyze = {
  summary: "measure which controls a model offers, and what they do",
  details:
    "Moves each control on gestures of the model's own recordings, renders them and measures. What follows its positions and leaves the others alone is offered. The result is kept in the model file, of which nothing else changes. Training does this by itself when it ends.",
  arguments: [modelArgument as typeof modelArgument],
  options: {
    sounds: {
      type: "integer",
      value: "N",
      min: 2,
      max: 64,
      default: 6,
      description: "sounds that each control is tried on; more take longer and say more",
    },
    rename: {
      type: "text",
      value: "NAME=LABEL",
      repeatable: true,
      description: "call a control or a character something else; nothing is measured then",
    },
    show: {
      type: "flag",
      description: "show what was measured before; nothing is measured then",
    },
    threads: threadsOption as typeof threadsOption,
  },
  examples: [
    "etude analyze runs/rain",
    "etude analyze runs/rain --rename character-a=glow",
    "etude analyze runs/rain --show --json",
  ],
} as const;
