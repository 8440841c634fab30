/** Channels as server-sent events: one connection for each page that is looked at. */

import type { ServerResponse } from "node:http";
import type { Clock } from "../../host.ts";
import type { Channel, Pending } from "./channel.ts";

/** Ten times a second is as smooth as a curve needs to be. */
const EVERY_MS = 100;

/** Comments keep a connection from being taken for dead. */
const SIGN_OF_LIFE_MS = 15_000;

export interface NewsTools {
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
}

/**
 * Writes news until the reader leaves or the signal aborts. Waits for a slow reader, and keeps
 * nothing for it in between but what its channels keep.
 */
export async function streamNews(
  response: ServerResponse,
  channels: readonly Channel[],
  { clock, signal }: NewsTools,
): Promise<void> {
  response.writeHead(200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
  });
  response.write("retry: 1000\n\n");
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const over = AbortSignal.any([signal, gone.signal]);
  const { takers, woken, leave } = listen(channels);
  try {
    while (!over.aborted) {
      const pending = takers.map((take) => take()).filter((one) => one !== undefined);
      if (pending.length > 0) await written(response, textOf(pending), over);
      await unlessOver(clock.sleep(EVERY_MS, over), over);
      const isNews = await within(SIGN_OF_LIFE_MS, woken(), { clock, signal: over });
      if (!isNews && !over.aborted) await written(response, ":\n\n", over);
    }
  } finally {
    leave();
    if (!response.destroyed) response.end();
  }
}

function listen(channels: readonly Channel[]): {
  readonly takers: readonly (() => Pending | undefined)[];
  /** Resolves when there is something to take. */
  woken(): Promise<void>;
  leave(): void;
} {
  let isAwake = true;
  let wakeUp = (): void => {};
  const takers: (() => Pending | undefined)[] = [];
  const leavers = channels.map((channel) =>
    channel.subscribe({
      wake: () => {
        isAwake = true;
        wakeUp();
      },
      onOpen: (take) => takers.push(take),
    }),
  );
  return {
    takers,
    woken: () =>
      new Promise((resolve) => {
        const done = (): void => {
          isAwake = false;
          wakeUp = () => {};
          resolve();
        };
        if (isAwake) done();
        else wakeUp = done;
      }),
    leave: () => {
      for (const one of leavers) one();
    },
  };
}

function textOf(pending: readonly Pending[]): string {
  return pending.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("");
}

/** Resolves when the reader has taken it, or is gone. */
function written(response: ServerResponse, text: string, over: AbortSignal): Promise<void> {
  if (over.aborted || response.write(text)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      over.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done).once("close", done);
    over.addEventListener("abort", done, { once: true });
  });
}

/** Whether it came in time. */
async function within(
  ms: number,
  wait: Promise<void>,
  { clock, signal }: NewsTools,
): Promise<boolean> {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  const tooLong = clock.sleep(ms, either).then(
    () => false,
    () => false,
  );
  const isInTime = await Promise.race([wait.then(() => true), tooLong]);
  enough.abort();
  return isInTime;
}

async function unlessOver(wait: Promise<void>, over: AbortSignal): Promise<void> {
  try {
    await wait;
  } catch (failure) {
    if (!over.aborted) throw failure;
  }
}
