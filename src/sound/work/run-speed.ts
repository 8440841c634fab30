/** How long the steps of a run take, from its events. */

import type { RunEvent } from "../../events/events.ts";
import { afterEvent, beforeRun } from "../../events/run-state.ts";
import { recipeKey } from "../train/known-speed.ts";
import type { KnownSpeed } from "../train/measured-speed.ts";
import { recipeDescription } from "../train/recipe-choice.ts";
import type { TrainSettings } from "../train/settings.ts";

export interface SpeedMeter {
  see(event: RunEvent): void;
  /** Undefined until enough steps were seen. */
  speed(): KnownSpeed | undefined;
}

/** The first step allocates. */
const STEPS_BEFORE = 1;
const STEPS_LEAST = 5;
/** The newest: the load of a machine changes. */
const STEPS_MOST = 200;

export function speedMeter(): SpeedMeter {
  let run = beforeRun;
  let seen = 0;
  let tookMs: number[] = [];
  return {
    see: (event) => {
      run = afterEvent(run, event);
      // Steps of a device before say nothing of this one.
      if (event.type === "device-status" && event.device !== undefined) [seen, tookMs] = [0, []];
      if (event.type !== "step-done") return;
      seen += 1;
      if (seen > STEPS_BEFORE) tookMs = [...tookMs.slice(1 - STEPS_MOST), event.durationMs];
    },
    speed: () => {
      // A run of ours states its settings there.
      const settings = run.plan?.configuration as unknown as TrainSettings | undefined;
      const runtime = run.started?.device ?? "";
      const stepMs = tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)];
      if (settings === undefined || stepMs === undefined || tookMs.length < STEPS_LEAST) {
        return undefined;
      }
      const recipe = recipeKey(recipeDescription(settings));
      return { runtime, recipe, batchSize: settings.batchSize, stepMs };
    },
  };
}
