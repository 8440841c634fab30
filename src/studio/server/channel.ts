/**
 * Sends news to many readers, none of which can hold up the others or the sender.
 *
 * A channel has a state and publishes its changes. A reader that falls behind gets the current state
 * instead of the changes that it missed, so memory is bounded however fast the news and however slow
 * the reader.
 */

import type { Json } from "../../json.ts";

export interface Channel {
  readonly name: string;
  /** Tells one piece of news; without it, that the state is another. */
  tell(news?: Json): void;
  subscribe(reader: ChannelReader): () => void;
}

/** What has yet to be sent of one channel to one reader. */
export interface Pending {
  readonly channel: string;
  readonly state?: unknown;
  readonly news?: readonly Json[];
}

export interface ChannelReader {
  /** There is something to take. */
  wake(): void;
  /** Is given once, at the start. */
  onOpen(take: () => Pending | undefined): void;
}

/** Beyond so many changes the state is sent instead. */
const NEWS_MAX = 200;

/** @param state As JSON; called when a reader needs it. */
export function openChannel(name: string, state: () => unknown): Channel {
  const readers = new Set<{ wake(): void; add(news: Json | undefined): void }>();
  return {
    name,
    tell: (news) => {
      for (const reader of readers) {
        reader.add(news);
        reader.wake();
      }
    },
    subscribe: (reader) => {
      let waiting: Json[] = [];
      let isStale = true;
      const entry = {
        wake: () => reader.wake(),
        add: (news: Json | undefined) => {
          if (isStale) return;
          if (news === undefined || waiting.length === NEWS_MAX) {
            isStale = true;
            waiting = [];
          } else waiting.push(news);
        },
      };
      readers.add(entry);
      reader.onOpen(() => {
        if (isStale) {
          isStale = false;
          return { channel: name, state: state() };
        }
        if (waiting.length === 0) return undefined;
        const news = waiting;
        waiting = [];
        return { channel: name, news };
      });
      return () => readers.delete(entry);
    },
  };
}

/**
 * The same channel, which somebody keeps up to date for as long as it has readers.
 *
 * @param keep Is called with the first reader; its signal aborts with the last one.
 */
export function whileRead(channel: Channel, keep: (signal: AbortSignal) => void): Channel {
  let count = 0;
  let over = new AbortController();
  return {
    ...channel,
    subscribe: (reader) => {
      const leave = channel.subscribe(reader);
      count += 1;
      if (count === 1) {
        over = new AbortController();
        keep(over.signal);
      }
      let isThere = true;
      return () => {
        leave();
        if (!isThere) return;
        isThere = false;
        count -= 1;
        if (count === 0) over.abort();
      };
    },
  };
}
