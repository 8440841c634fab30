/**
 * The instrument without a break: what is set is heard while it sounds, and keys sound at once.
 *
 * There is one in the page: it goes on when another model is chosen, when another place is looked at,
 * and when the model that it plays has learned more.
 */

import { type Signal, signal } from "@preact/signals";
import { browserClock } from "../../host.browser.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { MODEL_RATE_HZ } from "../../sound/audio/spectrogram.ts";
import { noMoves } from "../../sound/latent/controls/apply.ts";
import type { StreamWish } from "../../sound/latent/live/performer.ts";
import type { PlayedVoice, PlayStatus } from "./live/play-messages.browser.ts";
import { type Carried, openPlayer, type Player } from "./live/player.browser.ts";
import { watch } from "./news.browser.ts";
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
  return [
    ...(measured.length > 0 ? measured : unmeasured),
    ...basicDials({ mode: "walk", shape: {} }),
  ];
}

export type LiveState = "off" | "opening" | "on";

/** A model that is played. */
export interface LiveSource {
  /** "model:ID" or "run:ID" */
  readonly voice: string;
  /** Its file, as it is by now. */
  load(): Promise<ArrayBuffer>;
  onTrouble(failure: unknown): void;
}

export class LivePlay {
  readonly state: Signal<LiveState> = signal("off");
  /** Which model sounds. */
  readonly source: Signal<LiveSource | undefined> = signal(undefined);
  readonly voice: Signal<PlayedVoice | undefined> = signal(undefined);
  readonly status: Signal<PlayStatus | undefined> = signal(undefined);
  readonly level: Signal<number> = signal(0);
  readonly kind: Signal<StreamWish["kind"]> = signal("walk");
  /** Since when it is recorded, by the clock of the page. */
  readonly recordingSinceMs: Signal<number | undefined> = signal(undefined);
  /** Of a model that learns: how often it was taken over anew. */
  readonly renewals: Signal<number> = signal(0);

  readonly #carry: (() => Promise<Carried>) | undefined;
  #player: Player | undefined;
  #positions: Readonly<Record<string, number>> = {};
  #seed = 1;
  #unwatch: (() => void) | undefined;

  /** @param carry Gives what a page that cannot fetch anything brings along. */
  constructor(carry?: () => Promise<Carried>) {
    this.#carry = carry;
  }

  /** What is heard, while there is something. */
  get output(): AudioNode | undefined {
    return this.#player?.output;
  }

  /** Call it while a person touches something: a browser may refuse to sound otherwise. */
  async begin(source: LiveSource): Promise<void> {
    if (this.state.peek() !== "off") return;
    this.state.value = "opening";
    try {
      const player = await openPlayer(await this.#carry?.());
      this.#player = player;
      player.onTrouble((message) => this.source.peek()?.onTrouble(new Error(message)));
      player.onLevel(({ peak }) => {
        this.level.value = peak;
        this.status.value = { ...player.status };
      });
      await this.#use(source);
      await player.start();
      this.stream(this.kind.peek());
      this.state.value = "on";
    } catch (failure) {
      source.onTrouble(failure);
      await this.end();
    }
  }

  /** Goes on with another model: the one before sounds until it is there. */
  async goOverTo(source: LiveSource): Promise<void> {
    if (this.state.peek() === "off" || this.source.peek()?.voice === source.voice) return;
    try {
      await this.#use(source);
      this.stream(this.kind.peek());
    } catch (failure) {
      source.onTrouble(failure);
    }
  }

  async end(): Promise<void> {
    this.state.value = "off";
    this.level.value = 0;
    this.recordingSinceMs.value = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.source.value = undefined;
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
    this.recordingSinceMs.value = browserClock.nowMs();
    this.#player?.captureStart();
  }

  /** @returns What was heard since, as WAV of 24 bits. */
  async recorded(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.recordingSinceMs.value = undefined;
    const samples = await this.#player?.captureStop();
    if (samples === undefined || samples.length === 0) return undefined;
    const sound = { sampleRate: MODEL_RATE_HZ, channels: [samples] };
    return writeWav(sound, { encoding: "int24", madeHere: true });
  }

  async #use(source: LiveSource): Promise<void> {
    const learns = source.voice.startsWith("run:");
    const bytes = new Uint8Array(await source.load());
    const voice = await this.#player?.use({ bytes }, { learns });
    if (voice === undefined) return;
    this.voice.value = voice;
    if (this.source.peek()?.voice !== source.voice) this.#follow(source);
    this.source.value = source;
    this.#set();
  }

  /** Of a run that goes on, a better model is taken over with each checkpoint that has one. */
  #follow(source: LiveSource): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    const [, id] = /^run:(.+)$/s.exec(source.voice) ?? [];
    if (id === undefined) return;
    let known: string | undefined;
    let isTaking = false;
    this.#unwatch = watch(`run:${id}`, ({ state }) => {
      const { checkpoint, bestEpoch, savedModel } = state;
      if (isTaking || bestEpoch === undefined || !checkpoint) return;
      // A model that is better than the last checkpoint is written with the next.
      if (Math.max(checkpoint.step, savedModel?.step ?? 0) < bestEpoch.step) return;
      const newest = `${bestEpoch.step}`;
      if (known !== undefined && newest !== known) {
        isTaking = true;
        this.#use(source)
          .then(
            () => {
              this.renewals.value += 1;
            },
            (failure: unknown) => source.onTrouble(failure),
          )
          .finally(() => {
            isTaking = false;
          });
      }
      known = newest;
    });
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

/** The one of this page. */
export const livePlay: LivePlay = new LivePlay();

function isLiveDial(name: string): name is LiveDial {
  return Object.hasOwn(REACH, name);
}
