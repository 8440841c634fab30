/** `etude model`: arguments, options and help. */

import { descriptionArgument, libraryModelArgument, modelArgument } from "../shared-options.ts";

const models = {
  name: "models",
  value: "MODEL",
  type: "name",
  description: "names of models, or their ids",
  suggestions: { from: "library-models" },
  repeatable: true,
} as const;

export const modelList = {
  summary: "list the models of the library",
  details:
    "Training runs come into the library by themselves when they finish. Wherever a command takes a MODEL, its name does.",
  arguments: [
    {
      name: "words",
      value: "WORD",
      type: "name",
      description: "words that must occur in the name, the description, a tag or the id",
      repeatable: true,
      optional: true,
    },
  ],
  options: {
    tag: {
      type: "text",
      value: "TAG",
      repeatable: true,
      description: "only models with this tag",
    },
    sort: {
      type: "choice",
      value: "ORDER",
      choices: ["date", "name", "loss", "size", "sound"],
      default: "date",
      description:
        "newest first; by name; lowest loss first; largest file first; most recordings first",
    },
    reverse: { type: "flag", description: "in the opposite order" },
    trash: { type: "flag", description: "list the trash instead" },
  },
  examples: ["etude model list", "etude model list rain --sort loss", "etude model list --json"],
} as const;

export const modelInfo = {
  summary: "show all that is known of a model",
  arguments: [libraryModelArgument as typeof libraryModelArgument],
  options: {},
  examples: ["etude model info rain", "etude model info rain --json"],
} as const;

export const modelRename = {
  summary: "give a model of the library another name",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    { name: "name", value: "NAME", type: "name", description: "its new name" },
  ],
  options: {},
  examples: ["etude model rename rain tin-roof"],
} as const;

export const modelDescribe = {
  summary: "write a description of a model",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    descriptionArgument as typeof descriptionArgument,
  ],
  options: {},
  examples: ["etude model describe rain A tin roof in May"],
} as const;

export const modelTag = {
  summary: "add tags to a model, or remove some",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    {
      name: "tags",
      value: "TAG",
      type: "name",
      description: "tags to add",
      repeatable: true,
      optional: true,
    },
  ],
  options: {
    remove: { type: "text", value: "TAG", repeatable: true, description: "a tag to remove" },
  },
  examples: ["etude model tag rain field wet", "etude model tag rain --remove wet"],
} as const;

export const modelDelete = {
  summary: "move models to the trash, with their presets",
  details: "`etude model undelete` brings them back, `etude model empty-trash` deletes them.",
  arguments: [models as typeof models],
  options: {},
  examples: ["etude model delete rain"],
} as const;

export const modelUndelete = {
  summary: "bring models back from the trash",
  arguments: [models as typeof models],
  options: {},
  examples: ["etude model undelete rain"],
} as const;

export const modelEmptyTrash = {
  summary: "delete what is in the trash, for good",
  arguments: [],
  options: {
    yes: { type: "flag", short: "y", description: "without asking" },
  },
  examples: ["etude model empty-trash --yes"],
} as const;

export const modelImport = {
  summary: "take model files, or finished runs, into the library",
  arguments: [
    {
      name: "paths",
      value: "PATH",
      description: "model files (.etude), or run folders",
      repeatable: true,
    },
  ],
  options: {
    name: {
      type: "text",
      value: "NAME",
      description: "name of a single model",
      otherwise: "what the file says",
    },
  },
  examples: ["etude model import rain.etude --name rain", "etude model import runs/rain runs/wind"],
} as const;

export const modelExport = {
  summary: "write a model to a file, with its name, description and tags in it",
  details: "The file contains neither paths nor names of the recordings.",
  arguments: [
    libraryModelArgument as typeof libraryModelArgument,
    { name: "file", value: "FILE", description: "file to write, usually NAME.etude" },
  ],
  options: {
    overwrite: { type: "flag", description: "overwrite an existing file" },
  },
  examples: ["etude model export rain rain.etude"],
} as const;

export const modelExportOnnx = {
  summary: "write a model as ONNX, for other programs",
  details:
    "Writes encoder.onnx and decoder.onnx with the weights inside, of standard operators alone, and model.json, which says what goes in and what comes out. docs/formats.md describes them.",
  arguments: [modelArgument as typeof modelArgument],
  options: {
    outputDir: {
      type: "path",
      short: "o",
      value: "DIR",
      description: "folder to write into",
      otherwise: "onnx/NAME",
    },
    overwrite: { type: "flag", description: "overwrite existing files" },
  },
  examples: ["etude model export-onnx rain --output-dir rain-onnx"],
} as const;

export const modelRepair = {
  summary: "find and repair faults of the library",
  details:
    "Models whose file is damaged or gone go to the trash, lost manifests are written anew, model files that lie in the folder of the library are taken in.",
  arguments: [],
  options: { dryRun: { type: "flag", description: "only report the faults" } },
  examples: ["etude model repair --dry-run"],
} as const;
