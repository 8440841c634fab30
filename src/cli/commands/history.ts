/** `etude history` and `etude regenerate`: arguments, options and help. */

import {
  bitDepthOption,
  formatOption,
  madeSoundArgument,
  remakeModelOption,
  soundFolderOption,
} from "../shared-options.ts";

const ids = {
  name: "ids",
  value: "ID",
  type: "name",
  description: "ids of sounds; the first digits are enough",
  repeatable: true,
} as const;

const id = {
  name: "id",
  value: "ID",
  type: "name",
  description: "id of a sound; its first digits are enough",
} as const;

export const historyList = {
  summary: "list the sounds that were made, the newest last",
  details:
    "Every sound comes into the history with all that makes it again. Sounds themselves are kept up to a limit (history.keepGb of the configuration, 5 GB without).",
  arguments: [
    {
      name: "words",
      value: "WORD",
      type: "name",
      description:
        "words that must occur in the id, the name of the model, the preset or the title, or be the seed",
      repeatable: true,
      optional: true,
    },
  ],
  options: {
    limit: {
      type: "integer",
      value: "N",
      short: "n",
      min: 1,
      max: 1_000_000,
      default: 20,
      description: "list only the newest N",
    },
    all: { type: "flag", description: "all of them" },
  },
  examples: ["etude history list", "etude history list rain --all --json"],
} as const;

export const historyShow = {
  summary: "show all that is known of a sound",
  arguments: [id as typeof id],
  options: {
    thumbnail: { type: "path", value: "FILE", description: "draw it into this file, as SVG" },
  },
  examples: ["etude history show 3fa2", "etude history show 3fa2 --thumbnail one.svg"],
} as const;

export const historyPlayPath = {
  summary: "print the path of a sound for a player; made again where it is not kept",
  arguments: [id as typeof id],
  options: {},
  examples: ["etude history play-path 3fa2"],
} as const;

export const historyRegenerate = {
  summary: "make sounds of the history again, and put them back into it",
  details: "Only where every sample is the same as it was; otherwise it says why it is not.",
  arguments: [ids as typeof ids],
  options: { model: remakeModelOption as typeof remakeModelOption },
  examples: ["etude history regenerate 3fa2"],
} as const;

export const historyExport = {
  summary: "write sounds of the history to files",
  arguments: [ids as typeof ids],
  options: {
    outputDir: soundFolderOption as typeof soundFolderOption,
    format: formatOption as typeof formatOption,
    bitDepth: bitDepthOption as typeof bitDepthOption,
    model: remakeModelOption as typeof remakeModelOption,
  },
  examples: ["etude history export 3fa2 77c0 -o takes --format flac"],
} as const;

export const historyDelete = {
  summary: "delete sounds from the history, with what makes them again",
  details: "Files that were written elsewhere stay.",
  arguments: [ids as typeof ids],
  options: {},
  examples: ["etude history delete 3fa2 77c0"],
} as const;

export const historyPrune = {
  summary: "delete the oldest sounds, and keep what makes them again",
  arguments: [],
  options: {
    keep: {
      type: "text",
      value: "SIZE",
      description: "most that the sounds may take: 2GB, 500MB",
      otherwise: "what is configured",
    },
    dryRun: { type: "flag", description: "only say what would be deleted" },
  },
  examples: ["etude history prune --keep 2GB --dry-run"],
} as const;

export const historyRepair = {
  summary: "rebuild the index of the history from its files",
  arguments: [],
  options: {},
  examples: ["etude history repair"],
} as const;

export const regenerate = {
  summary: "make a sound again from the NAME.json beside it",
  details:
    "Writes it only where every sample is the same as it was; otherwise it says why it is not: another model, another version, another processor. Prints the path.",
  arguments: [madeSoundArgument as typeof madeSoundArgument],
  options: {
    outputDir: soundFolderOption as typeof soundFolderOption,
    format: formatOption as typeof formatOption,
    bitDepth: bitDepthOption as typeof bitDepthOption,
    model: remakeModelOption as typeof remakeModelOption,
    anyway: { type: "flag", description: "also write a sound that is not the same" },
  },
  examples: ["etude regenerate takes/rain-7.json -o again"],
} as const;
