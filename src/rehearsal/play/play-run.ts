/** Plays one simulated run from its start to its end, or until it is stopped. */

import type { RunEvent } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import { type PaceOptions, paced } from "../engine/pace.ts";
import type { SceneRun } from "../engine/scene.ts";

/** Where a run is shown. */
export interface RunConsole {
  show(event: RunEvent): void;
  close(): void;
}

export interface PlayOptions
  extends Pick<PaceOptions, "speedFactor" | "signal" | "isInstant" | "onTruth"> {
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  readonly console: RunConsole;
  /** Everything else that wants to hear of the run. */
  readonly onEvent: (event: RunEvent) => void;
  /** Is waited for between two events. */
  readonly breathe: () => Promise<void> | undefined;
}

/** @returns Whether the run came to its end. */
export async function playRun(run: SceneRun, options: PlayOptions): Promise<boolean> {
  const { console, onEvent, breathe, ...pace } = options;
  let finished = false;
  try {
    for await (const event of paced(run, pace)) {
      console.show(event);
      onEvent(event);
      finished = event.type === "run-ended" && event.outcome === "finished";
      await breathe();
    }
  } finally {
    console.close();
  }
  return finished;
}
