/**
 * The interface of an exporter: events in, pieces of files out.
 *
 * Exporters are portable and keep only the state that the next piece needs; the caller writes the
 * pieces (`files.node.ts`). A stream may hold several runs, one after the other.
 */

import type { RunEvent, RunStarted } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import type { Presenter } from "../console/presenter.ts";
import type { DeviceWatch } from "./device-metrics.ts";

export interface Exporter {
  /**
   * @param shownMs When the event is shown, in milliseconds since the show began; undefined for
   *   an event of an earlier stretch of the run, which is written but not shown again.
   */
  add(event: RunEvent, shownMs: number | undefined): readonly Piece[];

  /** The remaining pieces at the end of the stream. */
  end(): readonly Piece[];
}

export interface Piece {
  /** Which file; a file is begun anew by its first piece. */
  readonly path: string;
  readonly data: string | Uint8Array;
  /** True for all of a file, put in place of the old one in one go; otherwise it is appended. */
  readonly whole?: true;
}

/** What producers of runs register with the console and the exporters. */
export interface RunKinds {
  /** How a run is shown, by where it comes from; undefined where a damaged log does not say. */
  presenterOf(source: RunStarted["source"] | undefined, clock: Pick<Clock, "nowMs">): Presenter;
  /** Follows the devices of the runs that come. */
  watchDevices(): DeviceWatch;
}

export interface ExporterOptions {
  /** As the person gave it: a file, or for some formats a folder. */
  readonly path: string;
  readonly clock: Pick<Clock, "nowMs">;
  readonly kinds: RunKinds;
}

/** Opens one format. */
export type OpenExporter = (options: ExporterOptions) => Exporter;

/** An exporter that makes one text of each event. */
export function textExporter(path: string, textOf: (event: RunEvent) => string): Exporter {
  return {
    add(event) {
      const data = textOf(event);
      return data === "" ? [] : [{ path, data }];
    },
    end: () => [],
  };
}
