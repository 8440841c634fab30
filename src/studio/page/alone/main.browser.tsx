/** The studio in the browser alone. */

import { render } from "preact";
import { answerBy } from "../backend.browser.ts";
import { listenWhileVisible } from "../news.browser.ts";
import { say } from "../parts/toasts.browser.tsx";
import { Shell } from "../shell.browser.tsx";
import { aloneBackend } from "./alone-backend.browser.ts";

declare const PROGRAM: string;

const host = document.getElementById("studio");
if (host === null) throw new Error("The page has no place for the studio");
answerBy(aloneBackend(PROGRAM));
listenWhileVisible();
render(<Shell />, host);
void keptOffline();
addEventListener("pointerdown", () => void keptForGood(), { once: true });

/** After the first load the page needs no network. */
async function keptOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("./service-worker.js").catch(() => undefined);
}

/** Else a browser may throw away what is kept, when it is short of room. */
async function keptForGood(): Promise<void> {
  if (await navigator.storage.persisted()) return;
  if (await navigator.storage.persist()) return;
  say("The browser may delete what is kept here when it needs room: take models along as files.");
}
