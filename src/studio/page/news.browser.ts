/**
 * The news that the page listens to: one stream for all channels that something on it shows.
 *
 * It is open only while the page is looked at, for a browser grants few connections to one server;
 * a page that comes back gets the current state.
 */

import { effect, type Signal, signal, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RunEvent } from "../../events/events.ts";
import type { ChannelName, CorpusView, InstrumentCard, Shelves, SweepCard } from "../contract.ts";
import { afterPicture, type RunPicture } from "../run-picture.ts";
import { backend, type Told } from "./backend.browser.ts";

/** What each channel tells. */
type StateOf<N extends ChannelName> = N extends "shelves"
  ? Shelves
  : N extends "instruments"
    ? readonly InstrumentCard[]
    : N extends "sweeps"
      ? readonly SweepCard[]
      : N extends `run:${string}`
        ? RunPicture
        : CorpusView;

/** Undefined until the first word of the server. */
export const isConnected: Signal<boolean | undefined> = signal(undefined);

const states = new Map<ChannelName, Signal<unknown>>();
const watchers = new Map<ChannelName, number>();
/** Ends the listening of now. */
let close: (() => void) | undefined;
let isPlanned = false;

/** The state of a channel; undefined until it is told. */
function stateOf<N extends ChannelName>(name: N): Signal<StateOf<N> | undefined> {
  const known = states.get(name) ?? signal(undefined);
  states.set(name, known);
  return known as Signal<StateOf<N> | undefined>;
}

/** Listens to a channel while a component is on the page. */
export function useChannel<N extends ChannelName>(name: N | undefined): StateOf<N> | undefined {
  useEffect(() => {
    if (name === undefined) return undefined;
    count(name, 1);
    return () => count(name, -1);
  }, [name]);
  return name === undefined ? undefined : stateOf(name).value;
}

/** The same outside of components: is told of each state. @returns Ends it. */
export function watch<N extends ChannelName>(
  name: N,
  listener: (state: StateOf<N>) => void,
): () => void {
  count(name, 1);
  const end = effect(() => {
    const state = stateOf(name).value;
    if (state !== undefined) untracked(() => listener(state));
  });
  return () => {
    end();
    count(name, -1);
  };
}

export function listenWhileVisible(): void {
  document.addEventListener("visibilitychange", plan);
  addEventListener("pagehide", silence);
  addEventListener("pageshow", plan);
}

function count(name: ChannelName, change: number): void {
  const now = (watchers.get(name) ?? 0) + change;
  if (now > 0) watchers.set(name, now);
  else watchers.delete(name);
  plan();
}

/** Once, after all that changes together has changed. */
function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  setTimeout(() => {
    isPlanned = false;
    open();
  }, 0);
}

let openNames = "";

function open(): void {
  const names = document.visibilityState === "visible" ? [...watchers.keys()].sort() : [];
  if (names.join() === openNames) return;
  silence();
  openNames = names.join();
  if (names.length === 0) return;
  close = backend().listen(names, {
    hear: (told) => {
      isConnected.value = true;
      hear(told);
    },
    lost: () => {
      isConnected.value = false;
    },
  });
}

function silence(): void {
  close?.();
  close = undefined;
  openNames = "";
}

function hear({ channel, state, news }: Told): void {
  const known = stateOf(channel);
  if (state !== undefined) known.value = state as never;
  else if (channel.startsWith("run:")) {
    const before = known.peek() as RunPicture | undefined;
    if (before) known.value = afterPicture(before, news as readonly RunEvent[]) as never;
  }
}
