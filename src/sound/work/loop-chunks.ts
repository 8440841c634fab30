/** What a WAV file of a loop says to sequencers: its loop, its beats and its tempo. */

import { acidChunk, cueChunk, samplerChunk } from "../audio/codecs/wav-music-chunks.ts";
import { lengthOf, type Sound } from "../audio/sound.ts";
import { beatsOf, type LoopTime } from "../latent/loop/loop-time.ts";

/** Chunks for `writeAudio`: a loop over the whole sound, a cue at each beat, and the tempo. */
export function loopChunks(sound: Sound, loop: LoopTime): Uint8Array[] {
  const length = lengthOf(sound);
  const beats = beatsOf(loop);
  const cues = Array.from({ length: beats }, (_, beat) => Math.round((beat * length) / beats));
  return [
    samplerChunk(sound.sampleRate, { rootKey: MIDDLE_C }, [{ start: 0, end: length }]),
    acidChunk({ ...loop, beats }),
    cueChunk(cues),
  ];
}

const MIDDLE_C = 60;
