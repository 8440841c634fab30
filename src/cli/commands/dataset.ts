/** `etude dataset`: arguments, options and help. */

const datasetArgument = {
  name: "name",
  value: "NAME",
  type: "name",
  description: "name of the dataset",
  suggestions: { from: "dataset-names" },
} as const;

export const datasetAdd = {
  summary: "give recordings a name, or add some to it",
  details:
    "Afterwards `@NAME` works wherever a FOLDER of recordings does. The recordings stay where they are and are not copied. Sounds picked from the history keep their origin, which `etude corpus` lists. If the dataset exists already, they are added to it. PowerShell needs quotes: `'@NAME'`.",
  arguments: [
    datasetArgument as typeof datasetArgument,
    {
      name: "paths",
      value: "PATH",
      description: "folders of recordings, or single files",
      repeatable: true,
      optional: true,
    },
  ],
  options: {
    history: {
      type: "text",
      value: "ID",
      repeatable: true,
      description: "a sound of the history, to learn from what étude made; it is copied",
    },
  },
  examples: [
    "etude dataset add better --history 3fa2 --history 77c0",
    "etude dataset add rain ~/recordings/rain ~/phone/storm.wav",
    "etude train @rain --minutes 10",
  ],
} as const;

export const datasetList = {
  summary: "list the datasets",
  arguments: [],
  options: {},
  examples: ["etude dataset list", "etude dataset list --json"],
} as const;

export const datasetInfo = {
  summary: "show what a dataset consists of",
  details: "`etude corpus @NAME` reports on the sounds in it.",
  arguments: [datasetArgument as typeof datasetArgument],
  options: {},
  examples: ["etude dataset info rain"],
} as const;

export const datasetRemove = {
  summary: "delete the name; the recordings and the runs trained on them stay",
  details:
    "A stopped run on a dataset of several parts can be resumed once the same parts have that name again.",
  arguments: [datasetArgument as typeof datasetArgument],
  options: {},
  examples: ["etude dataset remove rain"],
} as const;
