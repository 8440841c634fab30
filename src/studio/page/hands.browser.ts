/** What players do on an instrument: changes of its setting, which can be undone, and live sound. */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { browserClock } from "../../host.browser.ts";
import type { Trouble, VoiceView } from "../contract.ts";
import type { Track } from "./deck.browser.ts";
import type { LivePlay, LiveSource } from "./live-play.browser.ts";
import { firstMove, type Moves, moved, redone, undone } from "./moves.ts";
import { firstSetting, type Setting } from "./setting.ts";

/** Of the same dial, what follows within this is the same move, which one undo takes back. */
const SAME_MOVE_MS = 900;

export abstract class Hands implements LiveSource {
  /** What is played; undefined while it is looked up. */
  readonly view: Signal<VoiceView | undefined> = signal(undefined);
  readonly setting: ReadonlySignal<Setting>;
  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  readonly isMaking: Signal<boolean> = signal(false);
  readonly trouble: Signal<Trouble | undefined> = signal(undefined);

  /** Which model it is, in words of the interface. */
  abstract readonly voice: string;
  /** Sound without a break. */
  abstract readonly live: LivePlay;

  readonly #moves: Signal<Moves<Setting>>;
  #lastMove = { what: "", atMs: 0 };

  /** @param first What is set before anybody moves anything. */
  constructor(first: Setting = firstSetting) {
    this.#moves = signal(firstMove(first));
    this.setting = computed(() => this.#moves.value.now);
    this.canUndo = computed(() => this.#moves.value.past.length > 0);
    this.canRedo = computed(() => this.#moves.value.future.length > 0);
  }

  /** What is set before anybody moves anything. */
  protected begin(first: Setting): void {
    this.#moves.value = firstMove(first);
  }

  /** Lets the setting be heard. */
  abstract sound(): void;

  abstract load(): Promise<ArrayBuffer>;

  abstract onTrouble(failure: unknown): void;

  /** Begins to play without a break; call it while a person touches something. */
  async wake(): Promise<void> {
    await this.live.begin(this);
    if (this.live.state.peek() === "on") this.sound();
  }

  /** A sound that is made beforehand, where there is who makes it; else all is played live. */
  draftOf?(setting: Setting, signal?: AbortSignal): Track;

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

  #go(to: Moves<Setting> | undefined): void {
    if (to === undefined) return;
    this.#lastMove = { what: "", atMs: 0 };
    this.#moves.value = to;
    this.sound();
  }
}
