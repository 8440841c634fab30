/** Plays simulated runs one after another, until there were enough of them or a signal ends it. */

import type { RunEvent } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import { type PaceOptions, paced } from "../engine/pace.ts";
import type { SceneRun } from "../engine/scene.ts";

/** Where a run is shown. */
export interface RunConsole {
  show(event: RunEvent): void;
  close(): void | Promise<void>;
}

export interface PlayOptions extends Pick<PaceOptions, "signal" | "isInstant"> {
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  /** May change while a run is played. */
  readonly speedFactor: number;
  /** Begins a run. @param index Counted from 0. */
  start(index: number): SceneRun;
  /** Opens what shows a run, before its first event. */
  open(run: SceneRun): RunConsole;
  /** Shows that one run is over and the next will begin. */
  between(): void;
  /** @default 0, so that it goes on until the signal aborts */
  readonly runsMax?: number;
  readonly onTruth?: PaceOptions["onTruth"];
  /** Everything else that wants to hear of the runs. */
  onEvent?(event: RunEvent): void;
  /** A run came to its end. */
  onFinished?(): void;
  /** Is waited for between two events. */
  breathe(): Promise<void> | undefined;
}

/** Between two runs, at speed 1. */
const PAUSE_BETWEEN_MS = 2000;

/**
 * @returns How many runs came to their end.
 * @throws What `start` throws: UserError where a run cannot be planned.
 */
export async function playRuns(options: PlayOptions): Promise<number> {
  const { signal, runsMax = 0 } = options;
  let finished = 0;
  for (let index = 0; !signal.aborted && (runsMax === 0 || index < runsMax); index += 1) {
    if (index > 0) await pauseBetween(options);
    if (signal.aborted) break;
    if (!(await playRun(options.start(index), options))) continue;
    finished += 1;
    options.onFinished?.();
  }
  return finished;
}

async function pauseBetween(options: PlayOptions): Promise<void> {
  const { clock, signal, speedFactor } = options;
  options.between();
  // Yields to the rest of the program even without a pause.
  const pauseMs = options.isInstant() ? 0 : PAUSE_BETWEEN_MS / speedFactor;
  await clock.sleep(pauseMs, signal).catch((failure: unknown) => {
    if (!signal.aborted) throw failure;
  });
}

/** @returns Whether the run came to its end. */
async function playRun(run: SceneRun, options: PlayOptions): Promise<boolean> {
  const { clock, signal } = options;
  const console = options.open(run);
  const pace: PaceOptions = {
    clock,
    signal,
    get speedFactor() {
      return options.speedFactor;
    },
    isInstant: () => options.isInstant(),
    onTruth: (truth) => options.onTruth?.(truth),
  };
  let finished = false;
  try {
    for await (const event of paced(run, pace)) {
      console.show(event);
      options.onEvent?.(event);
      finished = event.type === "run-ended" && event.outcome === "finished";
      await options.breathe();
    }
  } finally {
    await console.close();
  }
  return finished;
}
