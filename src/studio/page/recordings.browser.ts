/** Recordings of a corpus on the deck. */

import { play } from "./deck.browser.ts";
import { getBytes, withQuery } from "./server.browser.ts";

export function playFile(corpus: string, path: string): Promise<void> {
  return play({
    key: trackKey(corpus, path),
    title: path,
    load: () => getBytes(withQuery(`corpora/${encodeURIComponent(corpus)}/sound`, { path })),
  });
}

export function trackKey(corpus: string, path: string): string {
  return `corpus:${corpus}:${path}`;
}
