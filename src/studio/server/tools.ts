/** The dependencies that every part of the server shares. */

import type { Clock } from "../../host.ts";
import type { Settings } from "../../sound/library/settings.ts";

export interface StudioTools {
  readonly settings: Settings;
  /** Absolute path that relative ones start from. */
  readonly workingFolder: string;
  readonly clock: Clock;
  /** Aborts when the studio closes. */
  readonly signal: AbortSignal;
  /** Tells the terminal of what is our bug. */
  onBug(error: unknown): void;
}
