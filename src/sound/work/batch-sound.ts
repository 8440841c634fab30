/** One sound of a batch, and who makes several of them at a time. */

import type { Sound } from "../audio/sound.ts";
import { type Closeness, closenessOf } from "./ancestors.ts";
import { type Maker, makeSound } from "./make-sound.ts";
import type { SoundRequest } from "./sound-request.ts";

export interface BatchSound {
  readonly sound: Sound;
  /** How near it is to recordings. */
  readonly closeness: Closeness;
}

/** Makes sounds elsewhere, several at a time. */
export interface SoundCrew {
  /** Sounds at a time. */
  readonly size: number;
  make(request: SoundRequest, onProgress: (share: number) => void): Promise<BatchSound>;
  close(): Promise<void>;
}

/** @throws As `makeSound`. */
export async function batchSound(
  maker: Maker,
  request: SoundRequest,
  onProgress: (share: number) => void,
): Promise<BatchSound> {
  const sound = await makeSound(maker, request, onProgress);
  return { sound, closeness: await closenessOf(sound, maker) };
}
