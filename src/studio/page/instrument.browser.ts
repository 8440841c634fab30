/**
 * The instrument: a setting, the sounds that the model makes of it, and those that were made before.
 *
 * Each move is a draft from the server, made while the hand still moves.
 */

import { type Signal, signal } from "@preact/signals";
import { browserClock } from "../../host.browser.ts";
import { formatMoment } from "../../show/numbers.ts";
import { describeSound } from "../../sound/audio/descriptors/describe.ts";
import { positionLike } from "../../sound/work/position-like.ts";
import type { SoundRequest, StartRequest } from "../../sound/work/sound-request.ts";
import type { DialView, VoiceView } from "../contract.ts";
import { audioOutput } from "./audio.browser.ts";
import { bufferOf, onDeck, play, type Track } from "./deck.browser.ts";
import { Hands } from "./hands.browser.ts";
import { type LivePlay, livePlay } from "./live-play.browser.ts";
import { say } from "./parts/toasts.browser.tsx";
import { hashOf } from "./place.ts";
import {
  askedBytes,
  getBytes,
  getJson,
  send,
  sendBytes,
  troubleOf,
  withQuery,
} from "./server.browser.ts";
import { firstSetting, keyOf, requestOf, type Setting, settingOf } from "./setting.ts";

/** A sound that was made, and how. */
export interface Take {
  readonly id: number;
  readonly setting: Setting;
  readonly track: Track;
  /** In the history, made as well as it can be. */
  readonly isKept: Signal<boolean>;
}

const TAKES_MAX = 60;
/** While a hand moves, a draft is begun at most so often. */
const SETTLE_MS = 30;

/** A sound that has just been given is near itself at first. */
const START_POSITION = -6;

/** Where an instrument is to begin that is opened next, by its voice. */
const beginnings = new Map<string, SoundRequest>();

/** Goes to the place of playing, with what made a sound set there. */
export function playOnFrom(voice: string, request: SoundRequest): void {
  beginnings.set(voice, request);
  location.hash = hashOf({ name: "play", of: voice });
}

function beginningOf({ voice, usualMode }: VoiceView): Setting {
  const first = { ...firstSetting, mode: usualMode };
  const beginning = beginnings.get(voice);
  beginnings.delete(voice);
  return beginning === undefined ? first : settingOf(beginning, first, usualMode);
}

export class Instrument extends Hands {
  readonly voice: string;
  readonly isMeasuring: Signal<boolean> = signal(false);
  /** The newest first. */
  readonly takes: Signal<readonly Take[]> = signal([]);

  /** While it is on, drafts are not made. */
  readonly live: LivePlay = livePlay;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #making: AbortController | undefined;
  #measuring: AbortController | undefined;
  #takeCount = 0;

  constructor(voice: string) {
    super();
    this.voice = voice;
    void this.#try(async () => {
      const view = await getJson<VoiceView>(this.path);
      this.begin(beginningOf({ ...view, voice }));
      this.view.value = view;
    });
  }

  /** Of the interface. */
  get path(): string {
    return `voices/${encodeURIComponent(this.voice)}`;
  }

  /** The file of the model, as it is by now. */
  override load(): Promise<ArrayBuffer> {
    return getBytes(`${this.path}/model.etude`);
  }

  override onTrouble(failure: unknown): void {
    this.trouble.value = troubleOf(failure);
  }

  /** Where something sounds live already, this model goes on with it. */
  enter(): void {
    if (livePlay.state.peek() === "off") this.sound();
    else void livePlay.goOverTo(this).then(() => this.sound());
  }

  /** Measures what can be turned on this model. */
  async findControls(): Promise<void> {
    const stop = new AbortController();
    this.#measuring = stop;
    this.isMeasuring.value = true;
    await this.#try(async () => {
      const answer = askedBytes(`${this.path}/analyze`, {}, stop.signal);
      const bytes = await answer.catch((failure: unknown) => {
        if (!stop.signal.aborted) throw failure;
      });
      if (bytes) this.view.value = JSON.parse(new TextDecoder().decode(bytes)) as VoiceView;
    });
    this.isMeasuring.value = false;
  }

  /** The model stays as it was. */
  stopMeasuring(): void {
    this.#measuring?.abort();
  }

  /** Makes and plays the sound of the setting. */
  override sound(): void {
    if (livePlay.state.peek() !== "off") {
      const { positions, seed } = this.setting.peek();
      livePlay.set(positions, seed);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#make(this.setting.peek()), SETTLE_MS);
  }

  /** One gesture that begins as this sound does; what goes round has no beginning. */
  async startFrom(name: string, load: () => Promise<ArrayBuffer>): Promise<void> {
    await this.#try(async () => {
      const bytes = new Uint8Array(await load());
      const path = withQuery(`${this.path}/start`, { name });
      const from = await sendBytes<StartRequest>(path, bytes);
      const { positions, shape } = this.setting.peek();
      const { loop: _, ...rest } = shape;
      this.move(
        {
          mode: "gesture",
          positions: { evolution: START_POSITION, ...positions },
          shape: { ...rest, from },
        },
        `from ${name}`,
      );
    });
  }

  /** Makes a take once more, better, and keeps it in the history. */
  async keep({ setting, track, isKept }: Take): Promise<void> {
    isKept.value = true;
    isKept.value = await this.#try(async () => {
      await send("POST", `${this.path}/keep`, requestOf(setting, "normal"));
      say(`${track.title} is kept in the library`);
    });
  }

  /** Keeps what was played by hand, under the moment at which it was. */
  readonly keepPlayed = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const setting = this.setting.peek();
    const request = requestOf(setting, "normal");
    const title = `${this.view.peek()?.name ?? "sound"}, played ${formatMoment(browserClock.wallMs())}`;
    await this.#try(async () => {
      const query = { title, request: JSON.stringify(request) };
      const { id } = await sendBytes<{ readonly id: string }>(
        withQuery(`${this.path}/played`, query),
        bytes,
      );
      this.#addTake(setting, {
        key: `history:${id}`,
        title,
        load: async () => bytes.buffer.slice(0),
      }).isKept.value = true;
      say(`${title} is kept in the library`);
    });
  };

  /** Turns a dial until the sound has as much of it as a take has. */
  async matchTo(dial: DialView, take: Take): Promise<void> {
    await this.#try(async () => {
      const { context } = await audioOutput();
      const setting = this.setting.peek();
      const [now, wanted] = await Promise.all(
        [this.draftOf(setting), take.track].map(async (track) => {
          const buffer = await bufferOf(track, context);
          return describeSound(buffer.getChannelData(0), buffer.sampleRate);
        }),
      );
      if (now === undefined || wanted === undefined) return;
      const position = setting.positions[dial.name] ?? 0;
      const control = { name: dial.name, step: dial.step ?? 0 };
      const like = positionLike(control, { position, description: now }, wanted);
      if (like === undefined) return;
      this.move({ positions: { ...setting.positions, [dial.name]: like } }, `like ${take.id}`);
    });
  }

  /** A draft of another setting, for keys and pads; made once. */
  override draftOf(setting: Setting, signal?: AbortSignal): Track {
    const request: SoundRequest = requestOf(setting, "draft");
    return {
      key: keyOf(this.voice, setting),
      title: titleOf(setting, this.view.peek()),
      made: { voice: this.voice, request },
      load: () => askedBytes(`${this.path}/draft`, request, signal),
    };
  }

  /** What was being made for an earlier move is given up. */
  async #make(setting: Setting): Promise<void> {
    this.#making?.abort();
    const mine = new AbortController();
    this.#making = mine;
    this.isMaking.value = true;
    this.trouble.value = undefined;
    try {
      const track = this.draftOf(setting, mine.signal);
      const before = onDeck.peek()?.a.track;
      await play(track, before && before.key !== track.key ? before : undefined);
      if (!mine.signal.aborted) this.#addTake(setting, this.draftOf(setting));
    } catch (failure) {
      if (!mine.signal.aborted) this.onTrouble(failure);
    } finally {
      if (this.#making === mine) this.isMaking.value = false;
    }
  }

  #addTake(setting: Setting, track: Track): Take {
    this.#takeCount += 1;
    const others = this.takes.peek().filter((take) => take.track.key !== track.key);
    const take = { id: this.#takeCount, setting, track, isKept: signal(false) };
    this.takes.value = [take, ...others].slice(0, TAKES_MAX);
    return take;
  }

  async #try(work: () => Promise<unknown>): Promise<boolean> {
    this.trouble.value = undefined;
    try {
      await work();
      return true;
    } catch (failure) {
      this.onTrouble(failure);
      return false;
    }
  }
}

function titleOf({ seed, positions, shape }: Setting, view: VoiceView | undefined): string {
  const set = Object.entries(positions)
    .filter(([, position]) => Math.round(position) !== 0)
    .map(([name, position]) => {
      const whole = Math.round(position);
      return `${name} ${whole > 0 ? "+" : "−"}${Math.abs(whole)}`;
    });
  const { variation, loop, from, grains, space } = shape;
  return [
    `${view?.name ?? "draft"} ${seed}${variation ? `.${variation.seed}` : ""}`,
    ...set,
    ...(loop ? [`${loop.bars} bars at ${loop.bpm}`] : []),
    ...(from ? [`from ${from.name}`] : []),
    ...(grains ? ["grains"] : []),
    ...(space ? [space.kind] : []),
  ].join(" · ");
}
