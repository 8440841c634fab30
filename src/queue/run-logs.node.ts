/**
 * The log of each run, put together where the sweep is coordinated: RUNS/JOB/events.jsonl.
 *
 * Several workers may send events of a run, one after the other. They are renumbered here, so that
 * the log reads like that of a run that was resumed on one machine.
 */

import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunEvent } from "../events/events.ts";
import { eventToLine, lineToEvent } from "../events/wire.ts";
import { makeFolder } from "../files.node.ts";
import type { RunNews } from "./queue.ts";

export interface RunLogs {
  /** @returns Its events, as they are logged; none of a stretch that is over, or of no event. */
  take(news: RunNews): Promise<readonly RunEvent[]>;
  /** Restarts the log: the worker will send its events again from the beginning. */
  restart(job: string): Promise<void>;
}

interface Stretch {
  readonly epoch: number;
  readonly seq: number;
  readonly atMs: number;
  /** Of the stretch: what is delivered twice counts once. */
  readonly lastSeq: number;
}

const beforeAll: Stretch = { epoch: 0, seq: 0, atMs: 0, lastSeq: -1 };

/** @param runs The folder of the runs. */
export function runLogs(runs: string): RunLogs {
  const stretches = new Map<string, Stretch>();
  const pathOf = (job: string): string => join(runs, job, "events.jsonl");
  return {
    async take({ job, epoch, lines }) {
      let stretch = stretches.get(job) ?? beforeAll;
      if (epoch < stretch.epoch) return [];
      if (epoch > stretch.epoch) stretch = { ...stretch, epoch, lastSeq: -1 };
      const events: RunEvent[] = [];
      for (const event of readable(lines)) {
        if (event.seq <= stretch.lastSeq) continue;
        // A stretch begins with the time of its checkpoint, which lies before the end of the last.
        const atMs = Math.max(event.atMs, stretch.atMs);
        events.push({ ...event, seq: stretch.seq, atMs });
        stretch = { epoch, seq: stretch.seq + 1, atMs, lastSeq: event.seq };
      }
      stretches.set(job, stretch);
      if (events.length === 0) return events;
      await makeFolder(join(runs, job));
      await appendFile(pathOf(job), events.map(eventToLine).join(""));
      return events;
    },
    async restart(job) {
      stretches.delete(job);
      await rm(pathOf(job), { force: true });
    },
  };
}

/** Lines from a worker are checked one by one; those that are no events are skipped. */
function readable(lines: string): RunEvent[] {
  return lines.split("\n").flatMap((line) => {
    if (line === "") return [];
    try {
      return lineToEvent(`${line}\n`) ?? [];
    } catch {
      return [];
    }
  });
}
