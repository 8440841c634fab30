/** Worker processes on this machine, which end with the coordinator. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Clock } from "../host.ts";

export interface LocalWorkers {
  /** How many are running. */
  readonly count: number;
  /** The last words of one that ended with an error, if any did. */
  readonly complaint: string | undefined;
  /**
   * Starts those anew that have ended before their time. One that ends again and again within
   * seconds is not started for ever.
   */
  tend(): void;
  /** Asks all to hand over what they have, and waits until they have ended. */
  stop(): Promise<void>;
}

export interface LocalWorkersOptions {
  readonly count: number;
  /** Words of the command line of worker `index`, from "worker" on. */
  words(index: number): readonly string[];
  readonly clock: Pick<Clock, "nowMs">;
}

/** A worker that ends sooner counts as one that cannot work. */
const SOON_MS = 10_000;
const EARLY_ENDS_MAX = 3;
const WORDS_MAX = 2000;

export function startLocalWorkers({ count, words, clock }: LocalWorkersOptions): LocalWorkers {
  let isStopping = false;
  let complaint: string | undefined;
  const slots = Array.from({ length: count }, (_, index) => ({
    index,
    child: undefined as ChildProcess | undefined,
    startedMs: 0,
    earlyEnds: 0,
  }));
  const start = (slot: (typeof slots)[number]): void => {
    const child = fork(programPath(), [...words(slot.index)], {
      // Options of this process, as of a test runner, are none of theirs.
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-WORDS_MAX);
    });
    slot.child = child;
    slot.startedMs = clock.nowMs();
    child.once("exit", (code) => {
      slot.child = undefined;
      const isEarly = clock.nowMs() - slot.startedMs < SOON_MS;
      slot.earlyEnds = isEarly ? slot.earlyEnds + 1 : 0;
      if (code !== 0 && said.trim() !== "" && !isStopping) complaint = said.trim();
    });
    // A process that cannot be started has no exit.
    child.once("error", (cause) => {
      slot.child = undefined;
      slot.earlyEnds += 1;
      complaint = cause.message;
    });
  };
  const children = (): ChildProcess[] => slots.flatMap(({ child }) => child ?? []);
  for (const slot of slots) start(slot);
  return {
    get count() {
      return children().length;
    },
    get complaint() {
      return complaint;
    },
    tend() {
      for (const slot of slots) {
        if (slot.child !== undefined || isStopping || slot.earlyEnds >= EARLY_ENDS_MAX) continue;
        start(slot);
      }
    },
    async stop() {
      isStopping = true;
      await Promise.all(
        children().map(async (child) => {
          const ended = once(child, "exit");
          // As if the coordinator had ended; Ctrl-C may have reached it already.
          if (child.connected) child.disconnect();
          await ended;
        }),
      );
    },
  };
}

/** The command line itself, built: Node 20 cannot run TypeScript. */
function programPath(): string {
  const built = import.meta.url.endsWith(".ts") ? "../../program/main.node.js" : "./main.node.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
