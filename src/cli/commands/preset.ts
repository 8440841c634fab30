/** `etude preset`: arguments, options and help. */

import { descriptionArgument, libraryModelArgument, madeSoundArgument } from "../shared-options.ts";

const preset = {
  name: "preset",
  value: "NAME",
  type: "name",
  description: "name of a preset; its folders may be left out where only one is called so",
  suggestions: { from: "library-presets" },
} as const;

export const presetList = {
  summary: "list the presets of a model, or of all models",
  arguments: [
    {
      name: "model",
      value: "MODEL",
      type: "name",
      description: "name or id of a model in the library; all of them without it",
      suggestions: { from: "library-models" },
      optional: true,
    },
  ],
  options: {
    folder: { type: "text", value: "FOLDER", description: "only what lies in this folder" },
  },
  examples: ["etude preset list rain", "etude preset list --json"],
} as const;

export const presetShow = {
  summary: "show what a preset sets",
  arguments: [libraryModelArgument as typeof libraryModelArgument, preset as typeof preset],
  options: {},
  examples: ["etude preset show rain dark"],
} as const;

export const presetSave = {
  summary: "save what a sound was made with as a preset of its model",
  details:
    "A name may have folders: `pads/dark`. Then `etude generate MODEL --preset NAME` makes such sounds; what else is given on the command line wins.",
  arguments: [
    madeSoundArgument as typeof madeSoundArgument,
    { name: "preset", value: "NAME", type: "name", description: "name of the preset" },
  ],
  options: {
    description: { type: "text", value: "TEXT", description: "a description" },
    anySeed: { type: "flag", description: "leave the seed open: each sound has another" },
    replace: { type: "flag", description: "update the preset of that name, if there is one" },
  },
  examples: [
    "etude preset save takes/rain-7.wav pads/dark",
    "etude preset save 3fa2 dark --replace",
  ],
} as const;

export const presetRename = {
  summary: "give a preset another name or folder, or a folder another name",
  details: "With `/` at the end of both, all presets of a folder.",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    preset as typeof preset,
    { name: "name", value: "NEW", type: "name", description: "new name, with its folders" },
  ],
  options: {},
  examples: ["etude preset rename rain dark pads/dark", "etude preset rename rain pads/ airs/"],
} as const;

export const presetDescribe = {
  summary: "write a description of a preset",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    preset as typeof preset,
    descriptionArgument as typeof descriptionArgument,
  ],
  options: {},
  examples: ["etude preset describe rain dark as under a bridge"],
} as const;

export const presetDelete = {
  summary: "delete presets",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    {
      name: "presets",
      value: "NAME",
      type: "name",
      description: "names of presets",
      suggestions: { from: "library-presets" },
      repeatable: true,
    },
  ],
  options: {},
  examples: ["etude preset delete rain dark"],
} as const;

export const presetExport = {
  summary: "write presets into one small file",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    { name: "file", value: "FILE", description: "file to write, as JSON" },
    {
      name: "presets",
      value: "NAME",
      type: "name",
      description: "names of presets; all without",
      suggestions: { from: "library-presets" },
      repeatable: true,
      optional: true,
    },
  ],
  options: {},
  examples: ["etude preset export rain rain-presets.json"],
} as const;

export const presetImport = {
  summary: "import presets from a file",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    { name: "file", value: "FILE", description: "what `etude preset export` wrote" },
  ],
  options: {
    adapt: { type: "flag", description: "also presets of another model that has their controls" },
  },
  examples: ["etude preset import rain rain-presets.json"],
} as const;
