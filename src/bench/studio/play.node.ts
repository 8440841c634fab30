/** The delay from an input to its sound, measured in the output of the page's audio graph. */

import { spawn } from "node:child_process";
import type { Browser, Page } from "playwright-core";
import { median } from "../statistics.ts";

type Say = (line: string) => void;

const MOVES = 20;
const STRIKES = 15;
const DRAFTS = 9;
const MINUTE_MS = 60_000;
/** Held sounds are still there by then. */
const SETTLED_MS = 1500;

/**
 * Runs in the page: whatever is connected to a loudspeaker is kept as well, each sample with its
 * place in time. `heard.at` is the newest moment that a hand can still have an effect on.
 */
const TAP = `
  const module = URL.createObjectURL(new Blob([\`registerProcessor("tap", class extends AudioWorkletProcessor {
    process([input]) {
      if (input[0]) this.port.postMessage({ frame: currentFrame, samples: input[0].slice() });
      return true;
    }
  })\`], { type: "text/javascript" }));
  globalThis.heard = { pieces: [], context: undefined };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (...parts) {
    if (parts[0] instanceof AudioDestinationNode) {
      const { context } = this;
      heard.context = context;
      context.audioWorklet.addModule(module).then(() => {
        const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
        tap.port.onmessage = ({ data }) => { if (context === heard.context) heard.pieces.push(data); };
        connect.call(this, tap);
      });
    }
    return connect.apply(this, parts);
  };
  heard.since = (frame) => {
    const pieces = heard.pieces.filter((piece) => piece.frame + piece.samples.length > frame);
    return pieces.flatMap((piece) => Array.from(piece.samples.subarray(Math.max(0, frame - piece.frame))));
  };
  heard.wait = (ms) => new Promise((done) => setTimeout(done, ms));
  heard.now = () => Math.round(heard.context.currentTime * heard.context.sampleRate);
  /** In dB, of windows of 2 ms. */
  heard.levels = (samples) => {
    const size = Math.round(heard.context.sampleRate / 500);
    return Array.from({ length: Math.floor(samples.length / size) }, (_, i) => {
      let sum = 1e-10;
      for (let j = i * size; j < (i + 1) * size; j += 1) sum += samples[j] ** 2;
      return 10 * Math.log10(sum / size);
    });
  };
  heard.middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  heard.set = (name, value) => {
    const dial = document.querySelector('input[aria-label="' + name + '" i]');
    dial.value = String(value);
    dial.dispatchEvent(new Event("input", { bubbles: true }));
  };
  heard.key = (type) => dispatchEvent(new KeyboardEvent(type, { code: "Digit1", key: "1", bubbles: true }));
`;

/** @returns Milliseconds from the move until the level has gone half of its way; NaN where it did not. */
const moved = (to: number): string => `(async () => {
  heard.pieces.length = 0;
  await heard.wait(400);
  const at = heard.now();
  heard.set("Loudness", ${to});
  await heard.wait(900);
  const before = heard.middle(heard.levels(heard.since(0).slice(0, -Math.round(0.9 * heard.context.sampleRate))));
  const levels = heard.levels(heard.since(at));
  const after = heard.middle(levels.slice(-150));
  const half = (before + after) / 2;
  const passed = levels.findIndex((_, i) => {
    const near = heard.middle(levels.slice(i, i + 3));
    return after > before ? near > half : near < half;
  });
  return Math.abs(after - before) < 3 || passed < 0 ? NaN : 2 * passed;
})()`;

/** @returns Milliseconds from the key to its first sample. */
const STRUCK = `(async () => {
  heard.pieces.length = 0;
  await heard.wait(200);
  const at = heard.now();
  heard.key("keydown");
  await heard.wait(500);
  heard.key("keyup");
  const first = heard.since(at).findIndex((sample) => Math.abs(sample) > 1e-4);
  return first < 0 ? NaN : (1000 * first) / heard.context.sampleRate;
})()`;

/** @returns Milliseconds from the move until its draft sounds. */
const drafted = (to: number): string => `new Promise((done) => {
  const list = document.querySelector(".takes");
  const startedMs = new Event("now").timeStamp;
  new MutationObserver((_, observer) => {
    observer.disconnect();
    done(new Event("now").timeStamp - startedMs);
  }).observe(list, { childList: true, subtree: true });
  heard.set("Wander", ${to});
})`;

export async function playing(browser: Browser, address: string, say: Say): Promise<void> {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.addInitScript({ content: TAP });
  await page.goto(`${address}#/library`);
  await page
    .getByRole("link", { name: /^Play / })
    .first()
    .click();
  await drafts(page, say);
  await page.getByRole("button", { name: "Play live" }).click();
  await page.getByRole("button", { name: "Live", exact: true }).waitFor();
  await controls(page, say);
  await keys(page, say);
  await minutes(page, say);
  await context.close();
}

async function drafts(page: Page, say: Say): Promise<void> {
  await page.getByRole("button", { name: "A sequence" }).click();
  await page.getByRole("slider", { name: "Length in seconds" }).fill("2");
  await page.locator(".takes li").first().waitFor();
  await page.waitForTimeout(SETTLED_MS);
  const times: number[] = [];
  for (let i = 0; i < DRAFTS; i += 1) {
    times.push(await page.evaluate<number>(drafted(i % 2 === 0 ? i - 10 : i)));
    await page.waitForTimeout(SETTLED_MS);
  }
  say(
    `a moved control to a draft of 2 s that sounds: median ${Math.round(median(times))} ms, worst ${Math.round(Math.max(...times))} ms (asked: within 300)`,
  );
}

async function controls(page: Page, say: Say): Promise<void> {
  await page.getByRole("button", { name: "Held" }).click();
  await page.waitForTimeout(SETTLED_MS);
  const times: number[] = [];
  for (let i = 0; i < MOVES; i += 1) {
    times.push(await page.evaluate<number>(moved(i % 2 === 0 ? -9 : 9)));
  }
  const known = times.filter((ms) => Number.isFinite(ms));
  say(
    `control to sound: median ${Math.round(median(known))} ms, worst ${Math.round(Math.max(...known))} ms, of ${known.length} moves of ${times.length} that were heard (asked: at most 150)`,
  );
}

async function keys(page: Page, say: Say): Promise<void> {
  await page.getByRole("button", { name: "Keys alone" }).click();
  // All are prepared by then, on a quiet machine.
  await page.waitForTimeout(2 * SETTLED_MS);
  const times: number[] = [];
  for (let i = 0; i < STRIKES; i += 1) {
    times.push(await page.evaluate<number>(STRUCK));
    await page.waitForTimeout(SETTLED_MS);
  }
  const known = times.filter((ms) => Number.isFinite(ms));
  const device = await page.evaluate<number>(
    "1000 * (heard.context.baseLatency + heard.context.outputLatency)",
  );
  say(
    `key to sound: median ${median(known).toFixed(1)} ms, worst ${Math.max(...known).toFixed(1)} ms, before the device's ${device.toFixed(0)} ms, of ${known.length} of ${times.length} (asked: at most 20)`,
  );
}

async function minutes(page: Page, say: Say): Promise<void> {
  await page.getByRole("button", { name: "Drifting" }).click();
  for (const isBusy of [false, true]) {
    // A player of its own, which has missed nothing yet.
    await page.getByRole("button", { name: "Live", exact: true }).click();
    await page.getByRole("button", { name: "Play live" }).click();
    await page.getByRole("button", { name: "Live", exact: true }).waitFor();
    await page.waitForTimeout(2 * SETTLED_MS);
    const busy = isBusy ? spawn(process.execPath, ["-e", "for (;;);"]) : undefined;
    const before = await missedMs(page);
    await page.waitForTimeout(MINUTE_MS);
    const missed = (await missedMs(page)) - before;
    busy?.kill();
    const load = (await page.locator(".meter").textContent())?.match(/load [\d.]+ %/)?.[0];
    say(
      `a minute of playing${isBusy ? " with one core busy" : ""}: ${missed} ms missed, ${load} (asked: ${isBusy ? "no crackle" : "0"})`,
    );
  }
}

async function missedMs(page: Page): Promise<number> {
  const text = (await page.locator(".meter").textContent()) ?? "";
  return Number(text.match(/([\d,.]+) ms missed/)?.[1]?.replaceAll(",", "") ?? 0);
}
