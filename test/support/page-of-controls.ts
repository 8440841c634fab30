/**
 * A page of the studio of which every control is named: those that a test uses, and those that it
 * has seen and did not.
 */

import type { Locator, Page, Request } from "playwright-core";
import { expect } from "vitest";
import type { SoundRequest } from "../../src/sound/work/sound-request.ts";

type Role = Parameters<Page["getByRole"]>[0];

export interface Controls {
  /** A control by its whole name; it counts as used. */
  the(role: Role, name: string | RegExp): Locator;
  /** The first of several of the same kind. */
  one(role: Role, name: RegExp): Locator;
  /** Remembers what can be touched now. */
  see(): Promise<void>;
  /** Names that were seen and never used. */
  unused(): string[];
}

/** Names as a screen reader says them, near enough. @param place A selector. */
const namesIn = (place: string): string => `(() => {
  const words = (one) => {
    const label = one.labels?.[0];
    if (label === undefined) return one.textContent;
    return [...label.childNodes].filter((part) => part !== one).map(({ textContent }) => textContent).join("");
  };
  return [...document.querySelector("${place}").querySelectorAll("button, input, select, a[href], summary")]
    .filter((one) => one.checkVisibility())
    .map((one) => (one.getAttribute("aria-label") ?? words(one)).replaceAll(/\\s+/g, " ").trim());
})()`;

/** @param place Where they are looked for, a selector. */
export function controlsOf(page: Page, place = "main"): Controls {
  const seen = new Set<string>();
  const used: (string | RegExp)[] = [];
  const isUsed = (name: string): boolean =>
    used.some((one) => (typeof one === "string" ? one === name : one.test(name)));
  return {
    the: (role, name) => {
      used.push(name);
      return page.getByRole(role, { name, exact: true });
    },
    one: (role, name) => {
      used.push(name);
      return page.getByRole(role, { name }).first();
    },
    see: async () => {
      for (const name of await page.evaluate<string[]>(namesIn(place))) seen.add(name);
    },
    unused: () => [...seen].filter((name) => !isUsed(name)).sort(),
  };
}

/** What the model is asked for in consequence. @param isMeant Where more than that may be asked for. */
export async function askedBy(
  page: Page,
  touch: () => Promise<unknown>,
  isMeant: (asked: SoundRequest) => boolean = () => true,
): Promise<SoundRequest> {
  // Nothing is on its way that an earlier touch asked for.
  await expect.poll(() => page.evaluate<boolean>("isSettled()"), { timeout: 240_000 }).toBe(true);
  const isIt = (request: Request): boolean => isDraft(request) && isMeant(askedIn(request));
  const [request] = await Promise.all([page.waitForRequest(isIt), touch()]);
  return askedIn(request);
}

function askedIn(request: Request): SoundRequest {
  return JSON.parse(request.postData() ?? "") as SoundRequest;
}

function isDraft(request: Request): boolean {
  return request.method() === "POST" && request.url().endsWith("/draft");
}

/** A range input is turned as far as it goes. @returns Its value. */
export async function turned(dial: Locator): Promise<number> {
  const most = Number(await dial.getAttribute("max"));
  const value =
    Number(await dial.inputValue()) === most ? Number(await dial.getAttribute("min")) : most;
  await dial.fill(String(value));
  expect(Number(await dial.inputValue())).toBe(value);
  return value;
}

/**
 * Runs in the page: whether a sound is still on its way, a MIDI keyboard that the test plays, and the sounds that were started with what
 * they go through.
 */
export const FAKE_MIDI = `
  let touchedMs = 0;
  let waitingFor = 0;
  const touch = () => { touchedMs = performance.now(); };
  for (const type of ["input", "change", "click", "keydown", "pointerdown"]) addEventListener(type, touch, true);
  const ask = globalThis.fetch;
  globalThis.fetch = async (...parts) => {
    if (!String(parts[0]).endsWith("/draft")) return ask(...parts);
    waitingFor += 1;
    try {
      return await ask(...parts);
    } finally {
      waitingFor -= 1;
    }
  };
  globalThis.isSettled = () => waitingFor === 0 && performance.now() - touchedMs > 100;
  globalThis.midi = { input: { name: "Fake keys", onmidimessage: null } };
  midi.send = (...data) => (touch(), midi.input.onmidimessage({ data: Uint8Array.from(data) }));
  navigator.requestMIDIAccess = async () => Object.assign(new EventTarget(), { inputs: new Map([["1", midi.input]]) });
  globalThis.started = [];
  const { start, stop } = AudioBufferSourceNode.prototype;
  const { connect } = AudioNode.prototype;
  const next = new Map();
  AudioNode.prototype.connect = function (...parts) {
    next.set(this, parts[0]);
    return connect.apply(this, parts);
  };
  AudioBufferSourceNode.prototype.start = function (...parts) {
    started.push({ source: this, gain: next.get(this), isOver: false });
    return start.apply(this, parts);
  };
  AudioBufferSourceNode.prototype.stop = function (...parts) {
    const one = started.find(({ source }) => source === this);
    if (one) one.isOver = true;
    return stop.apply(this, parts);
  };`;

/** @returns What the page asks a path of the interface for in consequence. */
export async function sent(
  page: Page,
  place: string,
  touch: () => Promise<void>,
): Promise<{ readonly [field: string]: unknown }> {
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.method() === "POST" && one.url().endsWith(`/${place}`)),
    touch(),
  ]);
  return JSON.parse(request.postData() ?? "");
}

/** @returns The name of the file. */
export async function downloaded(page: Page, touch: () => Promise<unknown>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), touch()]);
  await file.path();
  return file.suggestedFilename();
}
