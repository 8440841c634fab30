/** Runs and what exporters make of them, for tests. */

import { runKinds } from "../../src/cli/run-kinds.ts";
import type { RunEvent } from "../../src/events/events.ts";
import type { SceneOptions } from "../../src/rehearsal/engine/scene.ts";
import type { OpenExporter } from "../../src/show/metrics/exporter.ts";
import { pretraining, smallRun, wantedRun } from "./simulated.ts";

/** Two nodes; one loses a GPU at step 60, which stops the run; then links gather errors. */
const eventfulRun: SceneOptions = {
  ...smallRun,
  wanted: { ...wantedRun("TinyLlama-1.1B", "H100:16", 4e8), failuresPerNodeDay: 0.5 },
  incidents: [
    { kind: "gpu-lost", step: 60 },
    { kind: "loss-spike", step: 100 },
  ],
};

export function simulatedEvents(options: SceneOptions = eventfulRun): RunEvent[] {
  return pretraining(options).news.map((news, seq) => ({ ...news, seq }));
}

export interface Written {
  /** Each file by its path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  text(path: string): string;
}

export interface ExportedOptions {
  readonly path: string;
  /** So many events at the start belong to an earlier stretch. */
  readonly recalled?: number;
  /** @default `atMs` */
  readonly shownAt?: (event: RunEvent) => number;
}

/** Everything that an exporter writes of these events. */
export function exported(
  open: OpenExporter,
  events: readonly RunEvent[],
  { path, recalled = 0, shownAt = ({ atMs }) => atMs }: ExportedOptions,
): Written {
  const clock = { ms: 0, nowMs: () => clock.ms };
  const exporter = open({ path, clock, kinds: runKinds });
  const files = new Map<string, Uint8Array>();
  const encoder = new TextEncoder();
  const write = (pieces: ReturnType<typeof exporter.end>): void => {
    for (const { path: place, data, whole } of pieces) {
      const bytes = typeof data === "string" ? encoder.encode(data) : data;
      const before = whole === true ? new Uint8Array() : (files.get(place) ?? new Uint8Array());
      files.set(place, joined(before, bytes));
    }
  };
  events.forEach((event, index) => {
    clock.ms = event.atMs;
    write(exporter.add(event, index < recalled ? undefined : shownAt(event)));
  });
  write(exporter.end());
  return { files, text: (place) => new TextDecoder().decode(files.get(place)) };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
