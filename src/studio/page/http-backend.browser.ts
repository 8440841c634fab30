/** The backend that is the studio's server. */

import type { Backend } from "./backend.browser.ts";

const AGAIN_MS = 2000;

export const httpBackend: Backend = {
  ask: (path, request) => fetch(`./api/${path}`, request),
  listen: (channels, listener) => {
    const query = new URLSearchParams(channels.map((name) => ["of", name]));
    let stream: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = (): void => {
      const opened = new EventSource(`./api/news?${query}`);
      stream = opened;
      opened.addEventListener("message", ({ data }) => listener.hear(JSON.parse(data)));
      opened.addEventListener("error", () => {
        listener.lost();
        // A browser tries again by itself, unless the answer was a refusal.
        if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS);
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      stream?.close();
    };
  },
  download: (path) => {
    const link = document.createElement("a");
    link.href = `./api/${path}`;
    link.download = "";
    link.click();
  },
  // Not below the secret: who is sent a link to a simulated run must not be sent the key.
  rehearsal: "../rehearsal/",
  isAlone: false,
};
