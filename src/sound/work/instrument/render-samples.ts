/**
 * Renders the samples of an instrument, one after another: what the command writes into files and a
 * page keeps in memory.
 *
 * One place in the model is played: the sound that its seed gives. Takes are played in turn and have
 * the same gesture, blended and roughened anew. A model with pitch is asked for each key's note; of
 * others one sound is played faster or slower for all keys, from its own pitch, or as if it were a
 * middle C. Either way its pitch is measured, held steady, and tuned to the key.
 */

import type { SampleLoop } from "../../audio/codecs/wav-music-chunks.ts";
import { withSampleLoop } from "../../audio/instrument/sample-loop.ts";
import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import type { Codec } from "../../latent/codec.ts";
import type { Model } from "../../model/model-file.ts";
import { makeSound } from "../make-sound.ts";
import type { SoundRequest } from "../sound-request.ts";
import type { InstrumentOptions, PlannedSample } from "./instrument-plan.ts";
import { atKey, hzOfKey, levelledTo, softened } from "./shape-sample.ts";
import { type SteadySound, steadyPitch } from "./steady-pitch.ts";

export interface RenderedSample {
  readonly planned: PlannedSample;
  /** Mono, at the rate of the request. */
  readonly samples: Float32Array;
  readonly loop?: SampleLoop;
}

export interface SampleTools {
  readonly codec: Codec;
  readonly model: Model;
}

/** Renders samples of a plan, in any order; what several have in common is made once. */
export interface SampleRenderer {
  render(planned: PlannedSample): Promise<RenderedSample>;
}

export function sampleRenderer(tools: SampleTools, options: InstrumentOptions): SampleRenderer {
  const playsNotes = tools.codec.conditions.includes("pitch");
  let take: { readonly name: string; readonly sound: Promise<SteadySound> } | undefined;
  let note: { readonly name: string; readonly samples: Promise<Float32Array> } | undefined;
  return {
    render: async (planned) => {
      const { roundRobin, rootKey } = planned;
      const name = `${roundRobin} ${rootKey}`;
      const takeName = playsNotes ? name : String(roundRobin);
      if (take?.name !== takeName) {
        const asked = { roundRobin, ...(playsNotes && { key: rootKey }) };
        take = { name: takeName, sound: takeOf(tools, options, asked) };
      }
      const sound = await take.sound;
      if (note?.name !== name) note = { name, samples: noteOf(sound, options, rootKey) };
      return shaped(await note.samples, { planned, options, isPitched: sound.hz !== undefined });
    },
  };
}

/** What the model is asked for: one take of the place. */
export function requestOf(
  { request, loops, secondsMax }: InstrumentOptions,
  roundRobin: number,
): SoundRequest {
  // Everything else that a request may ask for belongs to the place: controls, a preset's positions.
  const { length: _, mode: _mode, loop: _loop, grains: _grains, space: _space, ...place } = request;
  return {
    ...place,
    sampleRate: MODEL_RATE_HZ,
    take: roundRobin - 1,
    // Lower keys play it slower, so that it lasts for them anyway; higher ones need more of it.
    ...(loops
      ? { mode: "sustain" as const, length: Math.round(2 * secondsMax * MODEL_RATE_HZ) }
      : { mode: "gesture" as const }),
  };
}

interface Asked {
  readonly roundRobin: number;
  /** Of models that play notes. */
  readonly key?: number;
}

async function takeOf(
  tools: SampleTools,
  options: InstrumentOptions,
  { roundRobin, key }: Asked,
): Promise<SteadySound> {
  const request = requestOf(options, roundRobin);
  const asked = key === undefined ? request : { ...request, note: key };
  const sound = await makeSound(tools, asked);
  const steady = steadyPitch(sound.channels[0] ?? new Float32Array(1));
  if (key === undefined) return steady;
  // What was asked for is believed more than a measured octave, or a breath without pitch.
  const wanted = hzOfKey(key);
  const isNear = steady.hz !== undefined && Math.abs(Math.log2(steady.hz / wanted)) < NEAR_OCTAVES;
  return { mono: steady.mono, hz: isNear ? steady.hz : wanted };
}

/** A semitone and a half. */
const NEAR_OCTAVES = 1.5 / 12;

async function noteOf(
  { mono, hz }: SteadySound,
  { request, secondsMax }: InstrumentOptions,
  key: number,
): Promise<Float32Array> {
  return atKey(mono, { key, hz, sampleRate: request.sampleRate, secondsMax });
}

interface Shaping {
  readonly planned: PlannedSample;
  readonly options: InstrumentOptions;
  readonly isPitched: boolean;
}

function shaped(note: Float32Array, { planned, options, isPitched }: Shaping): RenderedSample {
  const { sampleRate } = options.request;
  const hz = hzOfKey(planned.rootKey);
  const layer = { layer: planned.layer, layers: options.velocities };
  const soft = softened(note, { ...layer, hz, sampleRate });
  const looped = options.loops
    ? withSampleLoop(soft, { sampleRate, ...(isPitched && { hz }) })
    : undefined;
  return {
    planned,
    samples: levelledTo(looped?.samples ?? soft, sampleRate, layer),
    ...(looped && { loop: looped.loop }),
  };
}
