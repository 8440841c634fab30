/** `etude analyze`: arguments, options and help. */

import { modelArgument, threadsOption } from "../shared-options.ts";

export const analyze = {
  summary: "measure which controls a model offers, and what they do",
  details:
    "Moves each control on gestures of the model's own recordings, renders them and measures. A control that follows its positions and leaves the others alone is offered. The result is kept in the model file; nothing else in it changes. Training does this by itself when it ends.",
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
      description: "rename a control or a character, without measuring",
    },
    show: {
      type: "flag",
      description: "show earlier results, without measuring",
    },
    threads: threadsOption as typeof threadsOption,
  },
  examples: [
    "etude analyze runs/rain",
    "etude analyze runs/rain --rename character-a=glow",
    "etude analyze runs/rain --show --json",
  ],
} as const;
