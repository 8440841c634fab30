/**
 * What answers the page: the studio's server, or anything else with the same interface.
 *
 * Everything that the page asks, hears and hands out goes through here and through nothing else.
 */

import type { ChannelName } from "../contract.ts";

export interface Backend {
  /**
   * Answers a path of the interface, "runs/1/cancel?of=2", as `fetch` would: a refusal is an answer
   * that is not ok, with a `Trouble` as JSON.
   *
   * @throws Error where nobody answers, and the signal's reason when it aborts.
   */
  ask(path: string, request: RequestInit): Promise<Response>;
  /** Tells the state of channels, then what changes it. @returns Ends it. */
  listen(channels: readonly ChannelName[], listener: NewsListener): () => void;
  /** Hands what a path of the interface gives to the downloads of the browser. */
  download(path: string): void;
  /** Address of the page of simulated runs, which takes a query. */
  readonly rehearsal: string;
  /** There is no program on this machine that answers, only the browser. */
  readonly isAlone: boolean;
}

export interface NewsListener {
  hear(told: Told): void;
  /** Nobody answers; where somebody does again, news go on by themselves. */
  lost(): void;
}

/** What one channel tells: its state, or news that change it. */
export interface Told {
  readonly channel: ChannelName;
  readonly state?: unknown;
  readonly news?: readonly unknown[];
}

let current: Backend | undefined;

/** Before the page is shown. */
export function answerBy(backend: Backend): void {
  current = backend;
}

export function backend(): Backend {
  if (current === undefined) throw new Error("Nobody was named to answer the page");
  return current;
}
