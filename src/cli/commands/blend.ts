/** `etude blend`: arguments, options and help. */

import { generate } from "./generate.ts";

const blendOption = {
  type: "choice",
  value: "HOW",
  choices: ["latent", "audio"],
  default: "latent",
  description:
    "latent: each model decodes a gesture of its own, and they become one, with the mean of their lengths, loudness and colour, and the partials and noise of all; audio: a mix of their sounds at one loudness",
} as const;

/** A preset is one model's, and so are the ranges of its controls. */
const { preset: _, morph: __, randomControls: ___, ...soundOptions } = generate.options;

type BlendOptions = { readonly blend: typeof blendOption } & Omit<
  typeof generate.options,
  "preset" | "morph" | "randomControls"
>;

export const blend = {
  summary: "write new sounds of two to four models at once",
  details:
    "Each model is named with its percentage, MODEL:60; those without one share the rest, and percentages that do not add up to 100 count in relation to each other. The shares are printed. A model at 100 makes exactly the sound that `etude generate` makes with it.",
  arguments: [
    {
      name: "models",
      value: "MODEL:PERCENT",
      description: "name or id in the library, model file, or run folder, and its share",
      suggestions: { from: "library-models", joint: ":" },
      repeatable: true,
    },
  ],
  options: { blend: blendOption, ...soundOptions } as BlendOptions,
  examples: [
    "etude blend runs/rain:60 runs/bells:40",
    "etude blend runs/rain runs/bells:25 --blend audio --duration 10 --width 1",
  ],
} as const;
