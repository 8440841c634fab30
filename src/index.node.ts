/** The public face in Node: all of `index.ts`, and what needs files, threads or the native runtime. */

export { nodeClock } from "./host.node.ts";
export * from "./index.ts";
export { readSound } from "./sound/audio/codecs/read-sound.node.ts";
export { openRuntime } from "./sound/tensor/ort.node.ts";
export type { SettingOverrides } from "./sound/train/settings.ts";
export type { Evaluation } from "./sound/work/evaluate.ts";
export {
  type EvaluateOptions,
  type EvaluateTools,
  type EvaluationProgress,
  evaluateModel,
} from "./sound/work/evaluate-model.node.ts";
export {
  type GeneratedFile,
  type GenerateFilesOptions,
  type GenerateFilesTools,
  generateFiles,
} from "./sound/work/generate-files.node.ts";
export { type LoadModelOptions, loadModel } from "./sound/work/load-model.node.ts";
export type { SoundRequest } from "./sound/work/sound-request.ts";
export {
  type ResumeOptions,
  resumeTraining,
  type TrainOptions,
  train,
} from "./sound/work/train.node.ts";
export type { SoundFileOptions } from "./sound/work/write-made.node.ts";
