/**
 * The instrument: a setting, the sounds that the model makes of it, and those that were made before.
 *
 * Each move is a draft from the server, made while the hand still moves.
 */

import { type Signal, signal } from "@preact/signals";
import type { VoiceView } from "../contract.ts";
import { onDeck, play, type Track } from "./deck.browser.ts";
import { Hands } from "./hands.browser.ts";
import { LivePlay } from "./live-play.browser.ts";
import { say } from "./parts/toasts.browser.tsx";
import { askedBytes, getBytes, getJson, send, troubleOf } from "./server.browser.ts";
import { keyOf, requestOf, type Setting } from "./setting.ts";

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
const SETTLE_MS = 60;

export class Instrument extends Hands {
  readonly voice: string;
  readonly isMeasuring: Signal<boolean> = signal(false);
  /** The newest first. */
  readonly takes: Signal<readonly Take[]> = signal([]);

  /** While it is on, drafts are not made. */
  readonly live: LivePlay;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #making: AbortController | undefined;
  #takeCount = 0;

  constructor(voice: string) {
    super();
    this.voice = voice;
    this.live = new LivePlay(
      () => getBytes(`${this.#path}/model.etude`),
      (failure) => {
        this.trouble.value = troubleOf(failure);
      },
    );
    void this.look();
  }

  /** What the model is, and what can be turned on it. */
  async look(): Promise<void> {
    try {
      this.view.value = await getJson<VoiceView>(this.#path);
    } catch (failure) {
      this.trouble.value = troubleOf(failure);
    }
  }

  /** Measures what can be turned on this model. */
  async findControls(): Promise<void> {
    this.isMeasuring.value = true;
    this.trouble.value = undefined;
    try {
      this.view.value = await send<VoiceView>("POST", `${this.#path}/analyze`);
    } catch (failure) {
      this.trouble.value = troubleOf(failure);
    } finally {
      this.isMeasuring.value = false;
    }
  }

  /** Makes and plays the sound of the setting. */
  override sound(): void {
    if (this.live.state.peek() !== "off") {
      const { positions, seed } = this.setting.peek();
      this.live.set(positions, seed);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#make(this.setting.peek()), SETTLE_MS);
  }

  /** Makes a take once more, better, and keeps it in the history. */
  async keep({ setting, track, isKept }: Take): Promise<void> {
    isKept.value = true;
    try {
      await send("POST", `${this.#path}/keep`, requestOf(setting, "normal"));
      say(`${track.title} is kept in the library`);
    } catch (failure) {
      isKept.value = false;
      this.trouble.value = troubleOf(failure);
    }
  }

  /** A draft of another setting, for keys and pads; made once. */
  override draftOf(setting: Setting, signal?: AbortSignal): Track {
    return {
      key: keyOf(this.voice, setting),
      title: titleOf(setting, this.view.peek()),
      load: () => askedBytes(`${this.#path}/draft`, requestOf(setting, "draft"), signal),
    };
  }

  get #path(): string {
    return `voices/${encodeURIComponent(this.voice)}`;
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
      if (!mine.signal.aborted) this.#keep(setting);
    } catch (failure) {
      if (!mine.signal.aborted) this.trouble.value = troubleOf(failure);
    } finally {
      if (this.#making === mine) this.isMaking.value = false;
    }
  }

  #keep(setting: Setting): void {
    this.#takeCount += 1;
    const track = this.draftOf(setting);
    const others = this.takes.peek().filter((take) => take.track.key !== track.key);
    const take = { id: this.#takeCount, setting, track, isKept: signal(false) };
    this.takes.value = [take, ...others].slice(0, TAKES_MAX);
  }
}

function titleOf({ seed, positions }: Setting, view: VoiceView | undefined): string {
  const set = Object.entries(positions)
    .filter(([, position]) => position !== 0)
    .map(([name, position]) => `${name} ${position > 0 ? "+" : "−"}${Math.abs(position)}`);
  return [`${view?.name ?? "draft"} ${seed}`, ...set].join(" · ");
}
