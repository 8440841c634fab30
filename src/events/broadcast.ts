/**
 * One producer, many readers.
 *
 * A slow reader never slows the run: each has a queue of its own, and where it is full the
 * events that a later one makes up for are dropped first (steps, then progress and status).
 * Starts, ends, epochs, previews, checkpoints and warnings are never dropped. A reader can tell
 * what it missed by the gaps in `seq`.
 */

import type { News, RunEvent } from "./events.ts";

export interface Broadcast {
  /** A reader of everything from now on; leaving its loop takes it off the list. */
  reader(): AsyncIterable<RunEvent>;

  /**
   * Pulls the producer's events until its end; open the readers before.
   * Rejects with the producer's failure, which every reader gets too, after what it still had.
   */
  run(): Promise<void>;
}

export interface BroadcastOptions {
  /** Events that a reader may be behind before droppable ones are dropped. @default 1000 */
  readonly queueLength?: number;
}

/** Kinds that may be dropped; the later in this list, the longer they are kept. */
const DROPPABLE: readonly News["type"][] = [
  "step-done",
  "phase-progress",
  "device-status",
  "cluster-status",
];

export function broadcast(
  events: AsyncIterable<RunEvent>,
  { queueLength = 1000 }: BroadcastOptions = {},
): Broadcast {
  const queues = new Set<Queue>();
  let end: End | undefined;
  return {
    reader() {
      const queue = newQueue(queueLength);
      if (end === undefined) queues.add(queue);
      else queue.end(end);
      return read(queue, () => queues.delete(queue));
    },
    async run() {
      try {
        for await (const event of events) {
          for (const queue of queues) queue.put(event);
        }
        end = { failure: undefined };
      } catch (failure) {
        end = { failure: { cause: failure } };
        throw failure;
      } finally {
        for (const queue of queues) queue.end(end ?? { failure: undefined });
        queues.clear();
      }
    },
  };
}

interface End {
  readonly failure: { readonly cause: unknown } | undefined;
}

interface Queue {
  put(event: RunEvent): void;
  end(end: End): void;
  /** The oldest event; undefined at the end. */
  take(): Promise<RunEvent | undefined>;
}

async function* read(queue: Queue, leave: () => void): AsyncGenerator<RunEvent> {
  try {
    for (let event = await queue.take(); event !== undefined; event = await queue.take()) {
      yield event;
    }
  } finally {
    leave();
  }
}

function newQueue(lengthMax: number): Queue {
  const waiting: RunEvent[] = [];
  let ended: End | undefined;
  let wake: (() => void) | undefined;
  const woken = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    put(event) {
      waiting.push(event);
      if (waiting.length > lengthMax) dropOne(waiting);
      woken();
    },
    end(end) {
      ended = end;
      woken();
    },
    async take() {
      while (waiting.length === 0 && ended === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const event = waiting.shift();
      if (event === undefined && ended?.failure !== undefined) throw ended.failure.cause;
      return event;
    },
  };
}

/** Drops the oldest event of the most droppable kind; where there is none, the queue grows. */
function dropOne(waiting: RunEvent[]): void {
  for (const type of DROPPABLE) {
    const at = waiting.findIndex((event) => event.type === type);
    if (at >= 0) {
      waiting.splice(at, 1);
      return;
    }
  }
}
