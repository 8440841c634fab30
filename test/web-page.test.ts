/** The studio in the browser alone: served once as plain files, then without any server. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import { shortDemo } from "./support/recordings.ts";

const CHROMIUM = "/usr/bin/chromium";
const PATIENCE_MS = 1_500_000;
const isThere = existsSync(CHROMIUM);

let folder: string;
let server: Server;
let address: string;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

describe.skipIf(!isThere)(
  isThere ? "in the browser alone" : `left out: no ${CHROMIUM} here`,
  () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "étude web "));
      const site = join(folder, "site");
      const built = spawnSync(process.execPath, [
        fileURLToPath(new URL("../bin/build-web.mjs", import.meta.url)),
        site,
      ]);
      expect(built.stderr.toString()).toContain("lies in");
      server = plainServer(site);
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      // What is kept lasts in a profile.
      context = await chromium.launchPersistentContext(join(folder, "profile"), {
        executablePath: CHROMIUM,
        args: [
          ...["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
          // A GPU that is a program, which the page is not to fall for.
          ...["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
        ],
      });
      context.setDefaultTimeout(PATIENCE_MS);
      page = await context.newPage();
      page.on("pageerror", ({ message }) => complaints.push(message));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      await page.goto(address);
      await page.evaluate("navigator.serviceWorker.ready");
    });

    afterAll(async () => {
      await context?.close();
      server?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test("takes files in after its server has gone", async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await page.reload();
      await page.getByRole("heading", { name: "Bring your own sounds" }).waitFor();
      expect(await page.getByPlaceholder(/path of a folder/).count()).toBe(0);
      const recordings = join(folder, "mine");
      await mkdir(recordings);
      const files = shortDemo(12);
      for (const { name, sound } of files) {
        await writeFile(join(recordings, name), writeWav(sound, { encoding: "int16" }));
      }
      const chooser = page.locator('input[type="file"]').first();
      await chooser.setInputFiles(files.map(({ name }) => join(recordings, name)));
      await page.getByText("12 sounds").waitFor();
    });

    test("trains, and stops with what was learned", async () => {
      await page.getByRole("link", { name: "Train on these" }).click();
      await page.getByRole("radio", { name: "Graphics (GPU)" }).check();
      await page.getByRole("slider", { name: "How long" }).fill("1");
      await page.getByRole("button", { name: /^Train/ }).click();
      const failure = page.getByText(/^It failed/);
      const preview = page.getByRole("button", { name: /^Play new sound/ });
      await failure.or(preview).first().waitFor();
      expect(await failure.allInnerTexts()).toEqual([]);
      await page.getByText(/^the GPU is not used: this browser has .*; the processor/).waitFor();
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      await page.getByText(/^Stopped, everything is kept/).waitFor();
    });

    test("goes on from where it stopped", async () => {
      const steps = async (): Promise<number> => {
        const told = page
          .locator(".facts div")
          .filter({ has: page.getByText("step", { exact: true }) });
        return Number.parseInt((await told.locator("dd").textContent()) ?? "", 10);
      };
      const before = await steps();
      expect(before).toBeGreaterThan(0);
      await page.getByRole("button", { name: "Go on" }).click();
      await expect.poll(steps, { timeout: PATIENCE_MS }).toBeGreaterThan(before);
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      await page.getByText(/^Stopped, everything is kept/).waitFor();
    });

    test("plays it, keeps a sound, and has all of it after a reload", async () => {
      await page.getByRole("link", { name: "Play", exact: true }).click();
      await page.getByRole("button", { name: "Keep", exact: true }).first().click();
      await page.getByText(/is kept in the library/).waitFor();
      await page.reload();
      await go("Library");
      await page.getByText("1 sound", { exact: true }).waitFor();
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page
          .getByRole("combobox", { name: /^Download/ })
          .first()
          .selectOption("flac"),
      ]);
      const bytes = await readFile(await file.path());
      expect(bytes.subarray(0, 4).toString("latin1")).toBe("fLaC");
      await page.getByText(/^FLAC, .* in the downloads$/).waitFor();
      const tag = page.locator(".sounds-kept").getByRole("textbox", { name: /^New tag for / });
      await tag.fill("deep");
      await tag.press("Enter");
      await page.getByRole("button", { name: "deep ×" }).waitFor();
      await page.reload();
      await page.getByRole("searchbox").fill("deep flac");
      await page.getByRole("button", { name: "deep ×" }).waitFor();
      await page.getByText(/^FLAC, .* in the downloads$/).waitFor();
      await go("Train");
      await page
        .getByText(/stopped/i)
        .first()
        .waitFor();
    });

    test("rehearses, and nothing went wrong", async () => {
      await go("Rehearse");
      await page.frameLocator("iframe.rehearsal").getByRole("button").first().waitFor();
      expect(complaints).toEqual([]);
    });
  },
);

async function go(place: string): Promise<void> {
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: place }).click();
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** As dumb as they come: no header but the type. */
function plainServer(site: string): Server {
  return createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").replace(/[?#].*$/, ""));
    const file = join(site, path.endsWith("/") ? `${path}index.html` : path);
    const answer = async (): Promise<void> => {
      await stat(file);
      response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
      response.end(await readFile(file));
    };
    answer().catch(() => {
      response.statusCode = 404;
      response.end();
    });
  });
}
