/** The one table of commands. Parsing, help, man page and completions read it. */

import { analyze } from "./commands/analyze.ts";
import { ancestors } from "./commands/ancestors.ts";
import { blend } from "./commands/blend.ts";
import { compare } from "./commands/compare.ts";
import { completions } from "./commands/completions.ts";
import { corpus } from "./commands/corpus.ts";
import { datasetAdd, datasetInfo, datasetList, datasetRemove } from "./commands/dataset.ts";
import { demo } from "./commands/demo.ts";
import { doctor } from "./commands/doctor.ts";
import { evaluate } from "./commands/evaluate.ts";
import { generate } from "./commands/generate.ts";
import {
  historyDelete,
  historyExport,
  historyList,
  historyPlayPath,
  historyPrune,
  historyRegenerate,
  historyRepair,
  historyShow,
  regenerate,
} from "./commands/history.ts";
import { instrument } from "./commands/instrument.ts";
import { manpage } from "./commands/manpage.ts";
import {
  modelDelete,
  modelDescribe,
  modelEmptyTrash,
  modelExport,
  modelExportOnnx,
  modelImport,
  modelInfo,
  modelList,
  modelRename,
  modelRepair,
  modelTag,
  modelUndelete,
} from "./commands/model.ts";
import { plan } from "./commands/plan.ts";
import {
  presetDelete,
  presetDescribe,
  presetExport,
  presetImport,
  presetList,
  presetRename,
  presetSave,
  presetShow,
} from "./commands/preset.ts";
import { quality } from "./commands/quality.ts";
import { replay } from "./commands/replay.ts";
import { resume } from "./commands/resume.ts";
import { runsList, runsPrune } from "./commands/runs.ts";
import { score } from "./commands/score.ts";
import { simulate } from "./commands/simulate.ts";
import { studio } from "./commands/studio.ts";
import { sweep } from "./commands/sweep.ts";
import { sweepControl } from "./commands/sweep-control.ts";
import { train } from "./commands/train.ts";
import { vary } from "./commands/vary.ts";
import { worker } from "./commands/worker.ts";

export const programSummary = "Train small generative models of sound on your own recordings";

/** The keys are the words on the command line, at most two, in the order of the help text. */
export interface CommandTable {
  readonly train: typeof train;
  readonly resume: typeof resume;
  readonly sweep: typeof sweep;
  readonly worker: typeof worker;
  readonly generate: typeof generate;
  readonly instrument: typeof instrument;
  readonly blend: typeof blend;
  readonly regenerate: typeof regenerate;
  readonly analyze: typeof analyze;
  readonly "sweep-control": typeof sweepControl;
  readonly evaluate: typeof evaluate;
  readonly quality: typeof quality;
  readonly vary: typeof vary;
  readonly compare: typeof compare;
  readonly ancestors: typeof ancestors;
  readonly corpus: typeof corpus;
  readonly "model list": typeof modelList;
  readonly "model info": typeof modelInfo;
  readonly "model rename": typeof modelRename;
  readonly "model describe": typeof modelDescribe;
  readonly "model tag": typeof modelTag;
  readonly "model delete": typeof modelDelete;
  readonly "model undelete": typeof modelUndelete;
  readonly "model empty-trash": typeof modelEmptyTrash;
  readonly "model import": typeof modelImport;
  readonly "model export": typeof modelExport;
  readonly "model export-onnx": typeof modelExportOnnx;
  readonly "model repair": typeof modelRepair;
  readonly "preset list": typeof presetList;
  readonly "preset show": typeof presetShow;
  readonly "preset save": typeof presetSave;
  readonly "preset rename": typeof presetRename;
  readonly "preset describe": typeof presetDescribe;
  readonly "preset delete": typeof presetDelete;
  readonly "preset export": typeof presetExport;
  readonly "preset import": typeof presetImport;
  readonly "history list": typeof historyList;
  readonly "history show": typeof historyShow;
  readonly "history play-path": typeof historyPlayPath;
  readonly "history regenerate": typeof historyRegenerate;
  readonly "history export": typeof historyExport;
  readonly "history delete": typeof historyDelete;
  readonly "history prune": typeof historyPrune;
  readonly "history repair": typeof historyRepair;
  readonly "dataset add": typeof datasetAdd;
  readonly "dataset list": typeof datasetList;
  readonly "dataset info": typeof datasetInfo;
  readonly "dataset remove": typeof datasetRemove;
  readonly "runs list": typeof runsList;
  readonly "runs prune": typeof runsPrune;
  readonly studio: typeof studio;
  readonly demo: typeof demo;
  readonly simulate: typeof simulate;
  readonly replay: typeof replay;
  readonly plan: typeof plan;
  readonly score: typeof score;
  readonly doctor: typeof doctor;
  readonly completions: typeof completions;
  readonly manpage: typeof manpage;
}

export type CommandName = keyof CommandTable;

export const commands: CommandTable = {
  train,
  resume,
  sweep,
  worker,
  generate,
  instrument,
  blend,
  regenerate,
  analyze,
  "sweep-control": sweepControl,
  evaluate,
  quality,
  vary,
  compare,
  ancestors,
  corpus,
  "model list": modelList,
  "model info": modelInfo,
  "model rename": modelRename,
  "model describe": modelDescribe,
  "model tag": modelTag,
  "model delete": modelDelete,
  "model undelete": modelUndelete,
  "model empty-trash": modelEmptyTrash,
  "model import": modelImport,
  "model export": modelExport,
  "model export-onnx": modelExportOnnx,
  "model repair": modelRepair,
  "preset list": presetList,
  "preset show": presetShow,
  "preset save": presetSave,
  "preset rename": presetRename,
  "preset describe": presetDescribe,
  "preset delete": presetDelete,
  "preset export": presetExport,
  "preset import": presetImport,
  "history list": historyList,
  "history show": historyShow,
  "history play-path": historyPlayPath,
  "history regenerate": historyRegenerate,
  "history export": historyExport,
  "history delete": historyDelete,
  "history prune": historyPrune,
  "history repair": historyRepair,
  "dataset add": datasetAdd,
  "dataset list": datasetList,
  "dataset info": datasetInfo,
  "dataset remove": datasetRemove,
  "runs list": runsList,
  "runs prune": runsPrune,
  studio,
  demo,
  simulate,
  replay,
  plan,
  score,
  doctor,
  completions,
  manpage,
};

/** Summaries of command groups, by the first of their two words. */
export const commandGroups: Readonly<Record<string, string>> = {
  dataset: "keep folders and files of recordings under a name",
  preset: "places in a model to come back to: save, list, rename, export and import them",
  history: "the sounds that were made: list, play, make again, export and delete them",
  model: "the library of models: list, name, tag, delete, import and export them",
  runs: "list training runs, and delete what they no longer need",
};
