import type { RunStarted } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import { type Look, trainedLook } from "../../show/console/presenter.ts";
import { simulatedLook } from "./presenter.ts";

/** What a run looks like, by where it comes from. */
export function lookOf(
  source: RunStarted["source"] | undefined,
  clock: Pick<Clock, "nowMs">,
): Look {
  return source === "simulated" ? simulatedLook({ clock }) : trainedLook();
}
