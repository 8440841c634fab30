/**
 * The instrument: a setting, the sounds that the model makes of it, and those that were made before.
 *
 * Each move is a draft from the server, made while the hand still moves.
 */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { browserClock } from "../../host.browser.ts";
import type { Trouble, VoiceView } from "../contract.ts";
import { onDeck, play, type Track } from "./deck.browser.ts";
import { LivePlay } from "./live-play.browser.ts";
import { firstMove, type Moves, moved, redone, undone } from "./moves.ts";
import { say } from "./parts/toasts.browser.tsx";
import { askedBytes, getBytes, getJson, send, troubleOf } from "./server.browser.ts";
import { firstSetting, keyOf, requestOf, type Setting } from "./setting.ts";

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
/** Of the same dial, what follows within this is the same move, which one undo takes back. */
const SAME_MOVE_MS = 900;

export class Instrument {
  readonly voice: string;
  readonly view: Signal<VoiceView | undefined> = signal(undefined);
  readonly setting: ReadonlySignal<Setting>;
  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  readonly isMaking: Signal<boolean> = signal(false);
  readonly isMeasuring: Signal<boolean> = signal(false);
  readonly trouble: Signal<Trouble | undefined> = signal(undefined);
  /** The newest first. */
  readonly takes: Signal<readonly Take[]> = signal([]);

  /** Sound without a break; while it is on, drafts are not made. */
  readonly live: LivePlay;

  readonly #moves: Signal<Moves<Setting>> = signal(firstMove(firstSetting));
  #lastMove = { what: "", atMs: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #making: AbortController | undefined;
  #takeCount = 0;

  constructor(voice: string) {
    this.voice = voice;
    this.setting = computed(() => this.#moves.value.now);
    this.canUndo = computed(() => this.#moves.value.past.length > 0);
    this.canRedo = computed(() => this.#moves.value.future.length > 0);
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

  /** @param what Is moved: another move of the same at once is one for undo. */
  move(change: Partial<Setting>, what: string): void {
    const atMs = browserClock.nowMs();
    const { what: last, atMs: lastMs } = this.#lastMove;
    const isSame = what === last && atMs - lastMs < SAME_MOVE_MS;
    this.#lastMove = { what, atMs };
    const moves = this.#moves.peek();
    this.#moves.value = moved(moves, { ...moves.now, ...change }, isSame);
    this.sound();
  }

  readonly undo = (): void => this.#go(undone(this.#moves.peek()));

  readonly redo = (): void => this.#go(redone(this.#moves.peek()));

  /** Makes and plays the sound of the setting. */
  sound(): void {
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
  draftOf(setting: Setting, signal?: AbortSignal): Track {
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

  #go(to: Moves<Setting> | undefined): void {
    if (to === undefined) return;
    this.#lastMove = { what: "", atMs: 0 };
    this.#moves.value = to;
    this.sound();
  }
}

function titleOf({ seed, positions }: Setting, view: VoiceView | undefined): string {
  const set = Object.entries(positions)
    .filter(([, position]) => position !== 0)
    .map(([name, position]) => `${name} ${position > 0 ? "+" : "−"}${Math.abs(position)}`);
  return [`${view?.name ?? "draft"} ${seed}`, ...set].join(" · ");
}
