/** Makes the sound that a request asks for, with all that comes after the model. */

import { UserError } from "../../errors.ts";
import { SEEDS, seededRandom } from "../../random.ts";
import { type Grains, grainsOf } from "../audio/grains.ts";
import { lengthOf, type Sound } from "../audio/sound.ts";
import { placed, type Space } from "../audio/space/space.ts";
import { CEILING_DB, levelled } from "../audio/true-peak.ts";
import type { Codec } from "../latent/codec.ts";
import { generate } from "../latent/generate.ts";
import { generateLoop } from "../latent/loop/loop.ts";
import type { Model } from "../model/model-file.ts";
import { requireControls } from "./controls.ts";
import { type BlendRequest, generateOptions, type SoundRequest } from "./sound-request.ts";
import { rowsOfStart } from "./start-sound.ts";

/**
 * The same sound for the same model and request, on the same runtime and number of threads.
 *
 * What is done to a sound after the model has made it (space, grains) belongs here.
 *
 * @throws UserError "model-unfinished", "controls-unmeasured", "control-unknown" and
 *   "request-blended" (exit code 2), "model-mute".
 */
export async function makeSound(
  maker: Maker,
  request: SoundRequest,
  onProgress?: (share: number) => void,
): Promise<Sound> {
  if (request.blend !== undefined) throw blendedElsewhere(request.blend);
  requireLatents(maker.model);
  if (request.controls !== undefined) {
    requireControls(maker.model.analysis, Object.keys(request.controls));
  }
  return soundOfSeeds(
    (seeded, progress) => generated(maker, seeded, progress),
    request,
    onProgress,
  );
}

/** A sound out of what makes the one of a seed: in the stereo of two seeds, of two of them. */
export async function soundOfSeeds(
  make: (request: SoundRequest, onProgress: (share: number) => void) => Promise<Sound>,
  request: SoundRequest,
  onProgress: (share: number) => void = () => undefined,
): Promise<Sound> {
  if (request.space?.kind !== "two-seeds") {
    return finished(await make(request, onProgress), request);
  }
  const left = await make(request, (share) => onProgress(share / 2));
  const other = { ...request, seed: (request.seed + 1) % SEEDS };
  const right = await make(other, (share) => onProgress((1 + share) / 2));
  return finished(sideBySide(left, right), request);
}

/**
 * What comes after the model: grains, space, and the level at the end. Without any of them the
 * sound is returned as it is.
 */
function finished(sound: Sound, { seed, grains, space, length, loop }: After): Sound {
  if (grains === undefined && space === undefined) return sound;
  if (loop !== undefined) return finishedRound(sound, { grains, space });
  const grained =
    grains === undefined ? sound : grainsOf(sound, grains, seededRandom(seed ^ GRAIN_SEED));
  const keepsLength = length !== undefined;
  const whole = space === undefined ? grained : placed(grained, { space, keepsLength });
  return levelled(whole, CEILING_DB);
}

type After = Pick<SoundRequest, "seed" | "grains" | "space" | "length" | "loop">;

/**
 * A loop in space: what rings on past its end is heard at its beginning, as it is when it goes round.
 *
 * @throws UserError "loop-moves" (exit code 2) for what is not the same in each round.
 */
function finishedRound(
  { sampleRate, channels }: Sound,
  { grains, space }: { readonly grains: Grains | undefined; readonly space: Space | undefined },
): Sound {
  const moves = space !== undefined && "travel" in space && space.travel !== undefined;
  if (grains !== undefined || space === undefined || moves) {
    throw new UserError({
      code: "loop-moves",
      message:
        "Cannot make a loop: found grains or a moving source, need what is the same in each round",
      hint: "Leave --grains and --move out, or --loop.",
      exitCode: 2,
    });
  }
  const length = channels[0]?.length ?? 0;
  const three = channels.map((samples) => {
    const rounds = new Float32Array(3 * length);
    for (let round = 0; round < 3; round += 1) rounds.set(samples, round * length);
    return rounds;
  });
  const whole = placed({ sampleRate, channels: three }, { space, keepsLength: true });
  const middle = whole.channels.map((samples) => samples.slice(length, 2 * length));
  return levelled({ sampleRate, channels: middle }, CEILING_DB);
}

/** Tells the random numbers of the grains from those of the sound. */
const GRAIN_SEED = 0x6772_6169;

export type Maker = { readonly codec: Codec; readonly model: Model };

/** The sound of one model, before what comes after it. */
export async function generated(
  { codec, model }: Maker,
  request: SoundRequest,
  onProgress?: (share: number) => void,
): Promise<Sound> {
  const { loop, from } = request;
  if (from !== undefined) requireStartFit(request);
  if (loop !== undefined) requireLoopFit(request);
  const start = from && (await rowsOfStart(from, { codec, model }));
  const options = {
    ...generateOptions(request),
    ...(start && { start }),
    ...(onProgress && { onProgress }),
  };
  const sound =
    loop === undefined
      ? await generate(codec, model, options)
      : await generateLoop(codec, model, { ...options, loop });
  requireSound(sound, model);
  return sound;
}

/** What begins anew all the time, or goes round, does not go from one sound to others. */
function requireStartFit({ from, mode, loop }: SoundRequest): void {
  if (mode !== "walk" && loop === undefined) return;
  const found = loop === undefined ? "a drifting sound" : "a loop";
  throw new UserError({
    code: "start-mode",
    message: `Cannot start from "${from?.name}": found ${found}, need a gesture, a sequence or a held sound`,
    hint: loop === undefined ? "Use --mode sustain." : "Leave --loop out.",
    exitCode: 2,
  });
}

/** A tape at another speed would change its length. */
function requireLoopFit({ formants, transpose = 0 }: SoundRequest): void {
  if (formants !== "move" || transpose === 0) return;
  throw new UserError({
    code: "loop-formants",
    message:
      "Cannot make a loop: found --formants move, which plays it at another speed, need --formants keep",
    hint: "Leave --formants out, or --loop.",
    exitCode: 2,
  });
}

/** One model alone cannot make what several made. */
function blendedElsewhere({ mode, parts }: BlendRequest): UserError {
  const words = parts.map(
    ({ model, weight }) => `"${model.name}:${Number((100 * weight).toPrecision(6))}"`,
  );
  return new UserError({
    code: "request-blended",
    message: `Cannot make the sound with one model: it is a blend of ${parts.length}`,
    hint: `Use: etude blend ${words.join(" ")} --blend ${mode}, with the same seed and settings.`,
    exitCode: 2,
  });
}

/** The shorter one goes on in silence. */
function sideBySide(left: Sound, right: Sound): Sound {
  const length = Math.max(lengthOf(left), lengthOf(right));
  const channels = [left, right].map(({ channels: [samples = new Float32Array(0)] }) => {
    const whole = new Float32Array(length);
    whole.set(samples);
    return whole;
  });
  return { sampleRate: left.sampleRate, channels };
}

/** Checkpoints of the best model come without: they are looked up when a run ends. */
export function requireLatents({ latents, description }: Model): void {
  if (latents.lengths.length > 0) return;
  throw new UserError({
    code: "model-unfinished",
    message: `Cannot generate with the model "${description.name}": it lacks the latents of its recordings`,
    hint: "Give the folder of its run instead.",
    exitCode: 2,
  });
}

/** Weights beyond all measure give no numbers, and those would be written as silence. */
function requireSound({ channels }: Sound, { description }: Model): void {
  const areNumbers = channels.every((samples) => samples.every(Number.isFinite));
  if (areNumbers && channels.some((samples) => samples.some((value) => value !== 0))) return;
  throw new UserError({
    code: "model-mute",
    message: `Cannot generate with the model "${description.name}": its output is not a sound`,
    hint: "Its training has gone astray, or its file was changed: use another model.",
  });
}
