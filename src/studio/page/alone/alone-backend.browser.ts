/** The backend of the studio in the browser alone: a worker answers the page, and nothing is sent. */

import type { Backend, NewsListener } from "../backend.browser.ts";
import type { DeskOrder, DeskReport } from "./desk-messages.browser.ts";
import deskUrl from "./desk-worker.browser.ts?worker&url";

type Given = DeskReport & { readonly kind: "answer" };

export function aloneBackend(program: string): Backend {
  const worker = new Worker(deskUrl, { type: "module" });
  const waiting = new Map<number, { done(given: Given): void; failed(reason: unknown): void }>();
  const listeners = new Map<number, NewsListener>();
  let count = 0;
  const order = (one: DeskOrder, transfer: Transferable[] = []): void =>
    worker.postMessage(one, transfer);
  worker.onmessage = ({ data }: MessageEvent<DeskReport>) => {
    if (data.kind === "told") {
      listeners.get(data.id)?.hear(data.told);
      return;
    }
    waiting.get(data.id)?.done(data);
    waiting.delete(data.id);
  };
  worker.onerror = ({ message }) => {
    for (const { failed } of waiting.values()) failed(new Error(message));
    waiting.clear();
  };
  order({ kind: "begin", program });

  async function given(path: string, { method = "GET", body, signal }: RequestInit) {
    const bytes = await new Response(body ?? null).arrayBuffer();
    signal?.throwIfAborted();
    count += 1;
    const id = count;
    return new Promise<Given>((done, failed) => {
      waiting.set(id, { done, failed });
      order({ kind: "ask", id, method, path, body: bytes }, [bytes]);
      signal?.addEventListener("abort", () => {
        waiting.delete(id);
        order({ kind: "give-up", id });
        failed(signal.reason);
      });
    });
  }

  return {
    ask: async (path, request) => {
      const { status, type, body } = await given(path, request);
      return new Response(body, { status, headers: { "Content-Type": type } });
    },
    listen: (channels, listener) => {
      count += 1;
      const id = count;
      listeners.set(id, listener);
      order({ kind: "listen", id, channels });
      return () => {
        listeners.delete(id);
        order({ kind: "unlisten", id });
      };
    },
    download: (path) => void given(path, {}).then(handOver),
    rehearsal: "./rehearsal/",
    isAlone: true,
  };
}

function handOver({ body, type, fileName = "sound" }: Given): void {
  const link = document.createElement("a");
  const url = URL.createObjectURL(new Blob([body], { type }));
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
