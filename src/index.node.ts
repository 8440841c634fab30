/** The public face: what other programs may import. Everything else may change without notice. */

export { UserError, type UserErrorParts } from "./errors.ts";
export type { Losses, News, RunEvent, Verdict } from "./events/events.ts";
export { PROTOCOL_VERSION } from "./events/events.ts";
export { afterEvent, beforeRun, type RunState } from "./events/run-state.ts";
export { stamp } from "./events/stamp.ts";
export { eventToLine, lineToEvent } from "./events/wire.ts";
export type { Clock } from "./host.ts";
export { type Codec, openCodec } from "./sound/latent/codec.ts";
export { type GenerateOptions, generate } from "./sound/latent/generate.ts";
export { type Model, readModel } from "./sound/model/model-file.ts";
export { framesOfSound, soundOfFrames } from "./sound/model/sound-frames.ts";
export { openRuntime, type RuntimeOptions } from "./sound/tensor/ort.node.ts";
export type { Program, Runtime, Values } from "./sound/tensor/runtime.ts";
