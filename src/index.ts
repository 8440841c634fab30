/**
 * The public face, as far as it runs anywhere: sounds, frames, models and the events of runs.
 *
 * What is exported here and in its sisters `index.node.ts`, `index.browser.ts` and
 * `rehearsal/index.ts` is what other programs may import. Everything else may change without notice.
 */

export { UserError, type UserErrorParts } from "./errors.ts";
export type { Losses, News, RunEvent, Verdict } from "./events/events.ts";
export { PROTOCOL_VERSION } from "./events/events.ts";
export { afterEvent, beforeRun, type RunState } from "./events/run-state.ts";
export { stamp } from "./events/stamp.ts";
export { eventToLine, lineToEvent } from "./events/wire.ts";
export type { Clock } from "./host.ts";
export { type Random, seededRandom } from "./random.ts";
export { decodeBytes } from "./sound/audio/codecs/decode.ts";
export type { DecodeOutcome } from "./sound/audio/codecs/decode-outcome.ts";
export type { AudioFileFormat } from "./sound/audio/codecs/file-format.ts";
export type { SampleEncoding } from "./sound/audio/codecs/pcm-write.ts";
export type { SoundTags } from "./sound/audio/codecs/sound-tags.ts";
export { type WavEncoding, type WavOptions, writeWav } from "./sound/audio/codecs/wav-write.ts";
export { type AudioFileOptions, writeAudio } from "./sound/audio/codecs/write-audio.ts";
export type { PhaseOptions, PhaseQuality } from "./sound/audio/phase.ts";
export { resample } from "./sound/audio/resample.ts";
export { durationSeconds, type Sound } from "./sound/audio/sound.ts";
export { MODEL_RATE_HZ } from "./sound/audio/spectrogram.ts";
export type { LatentPath } from "./sound/latent/codec.ts";
export type { GenerateMode } from "./sound/latent/generate.ts";
export {
  type DecodeOptions,
  type EncodedSound,
  type MakeOptions,
  openSoundModel,
  type SoundModel,
} from "./sound/latent/sound-model.ts";
export type { ModelDescription } from "./sound/model/description.ts";
export { type Model, readModel } from "./sound/model/model-file.ts";
export { framesOfSound, type SoundFrames, soundOfFrames } from "./sound/model/sound-frames.ts";
export type { Program, Runtime, RuntimeOptions, Values } from "./sound/tensor/runtime.ts";
