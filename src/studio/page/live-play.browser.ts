/** The instrument without a break: what is set is heard while it sounds, and keys sound at once. */

import { type Signal, signal } from "@preact/signals";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { MODEL_RATE_HZ } from "../../sound/audio/spectrogram.ts";
import { noMoves } from "../../sound/latent/controls/apply.ts";
import type { StreamWish } from "../../sound/latent/live/performer.ts";
import type { PlayedVoice, PlayStatus } from "./live/play-messages.browser.ts";
import { type Carried, openPlayer, type Player } from "./live/player.browser.ts";
import { basicDials, type Dial } from "./setting.ts";

/** What a whole dial moves, in the unit of the control, of a model whose own were not measured. */
const REACH = { brightness: 1.5, width: 1, body: 12, noisiness: 12, loudness: 12 } as const;

type LiveDial = keyof typeof REACH;

const MARKS = 10;
const SAFE = { least: -7, most: 7 };
const UNMEASURED = "not measured on this model: moves by as much with every model";

/** Each moves what is decoded by so many octaves or dB, whatever the model. */
const liveDials: readonly Dial[] = [
  { name: "brightness", label: "Brightness", low: "darker", high: "brighter", safe: SAFE },
  { name: "body", label: "Body", low: "thinner", high: "fuller", safe: SAFE },
  { name: "width", label: "Width", low: "narrower", high: "wider", safe: SAFE },
  { name: "noisiness", label: "Noisiness", low: "purer", high: "noisier", safe: SAFE },
  { name: "loudness", label: "Loudness", low: "quieter", high: "louder", safe: SAFE },
];

const unmeasured = liveDials.map((dial): Dial => ({ ...dial, evidence: UNMEASURED }));

/** What can be turned while it sounds. @param measured On this model, if anything was. */
export function livelyDials(measured: readonly Dial[]): Dial[] {
  return [...(measured.length > 0 ? measured : unmeasured), ...basicDials("walk")];
}

export type LiveState = "off" | "opening" | "on";

export class LivePlay {
  readonly state: Signal<LiveState> = signal("off");
  readonly voice: Signal<PlayedVoice | undefined> = signal(undefined);
  readonly status: Signal<PlayStatus | undefined> = signal(undefined);
  readonly level: Signal<number> = signal(0);
  readonly kind: Signal<StreamWish["kind"]> = signal("walk");
  readonly isRecording: Signal<boolean> = signal(false);

  readonly #load: () => Promise<ArrayBuffer>;
  readonly #onTrouble: (failure: unknown) => void;
  readonly #carry: (() => Promise<Carried>) | undefined;
  #player: Player | undefined;
  #positions: Readonly<Record<string, number>> = {};
  #seed = 1;

  /**
   * @param load Gives the model's file.
   * @param carry Gives what a page that cannot fetch anything brings along.
   */
  constructor(
    load: () => Promise<ArrayBuffer>,
    onTrouble: (failure: unknown) => void,
    carry?: () => Promise<Carried>,
  ) {
    this.#load = load;
    this.#onTrouble = onTrouble;
    this.#carry = carry;
  }

  /** What is heard, while there is something. */
  get output(): AudioNode | undefined {
    return this.#player?.output;
  }

  /** Call it while a person touches something: a browser may refuse to sound otherwise. */
  async begin(): Promise<void> {
    if (this.state.peek() !== "off") return;
    this.state.value = "opening";
    try {
      const player = await openPlayer(await this.#carry?.());
      this.#player = player;
      player.onTrouble((message) => this.#onTrouble(new Error(message)));
      player.onLevel(({ peak }) => {
        this.level.value = peak;
        this.status.value = { ...player.status };
      });
      this.voice.value = await player.use({ bytes: new Uint8Array(await this.#load()) });
      await player.start();
      this.#set();
      this.stream(this.kind.peek());
      this.state.value = "on";
    } catch (failure) {
      this.#onTrouble(failure);
      await this.end();
    }
  }

  async end(): Promise<void> {
    this.state.value = "off";
    this.level.value = 0;
    const player = this.#player;
    this.#player = undefined;
    await player?.close();
  }

  stream(kind: StreamWish["kind"]): void {
    this.kind.value = kind;
    const evolution = ((this.#positions["evolution"] ?? 0) + MARKS) / (2 * MARKS);
    this.#player?.stream({ kind, seed: this.#seed, evolution });
  }

  /** What is set is heard with the next latent vector. */
  set(positions: Readonly<Record<string, number>>, seed: number): void {
    const isOther = seed !== this.#seed || positions["evolution"] !== this.#positions["evolution"];
    this.#positions = positions;
    this.#seed = seed;
    this.#set();
    if (isOther) this.stream(this.kind.peek());
  }

  press(key: number, velocity: number): void {
    this.#player?.noteOn(key, velocity);
  }

  release(key: number): void {
    this.#player?.noteOff(key);
  }

  sustain(isDown: boolean): void {
    this.#player?.sustain(isDown);
  }

  bend(semitones: number): void {
    this.#player?.bend(semitones);
  }

  quiet(): void {
    this.#player?.quiet();
  }

  record(): void {
    this.isRecording.value = true;
    this.#player?.captureStart();
  }

  /** @returns What was heard since, as WAV of 24 bits. */
  async recorded(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.isRecording.value = false;
    const samples = await this.#player?.captureStop();
    if (samples === undefined) return undefined;
    const sound = { sampleRate: MODEL_RATE_HZ, channels: [samples] };
    return writeWav(sound, { encoding: "int24", madeHere: true });
  }

  #set(): void {
    const measured = this.voice.peek()?.controls ?? [];
    if (measured.length > 0) {
      const own = Object.entries(this.#positions).filter(([name]) => measured.includes(name));
      this.#player?.setControls(Object.fromEntries(own));
      return;
    }
    const moves = Object.entries(this.#positions).flatMap(([name, position]) =>
      isLiveDial(name) ? [[name, (position / MARKS) * REACH[name]] as const] : [],
    );
    this.#player?.setMoves({ ...noMoves, ...Object.fromEntries(moves) });
  }
}

function isLiveDial(name: string): name is LiveDial {
  return Object.hasOwn(REACH, name);
}
