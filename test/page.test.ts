/** `etude simulate --browser`: the page as a browser gets it, from the built command line. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeInChromium, openChromium } from "./support/chromium.ts";
import { endOf, startEtude } from "./support/etude-process.ts";
import { type Controls, controlsOf, turned } from "./support/page-of-controls.ts";

const PATIENCE_MS = 240_000;

const page = join(import.meta.dirname, "..", "dist", "pages", "rehearsal");

let folder: string;
let served: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude page 🎻 "));
  served = await serve("-m", "llm_training", "--seed", "7", "--gpus", "H100:64", "--no-chance");
});

afterAll(async () => {
  if (served.child.exitCode === null) served.child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

describe("the page", () => {
  test("is announced with what was asked for in its address", () => {
    expect(served.address).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/\?module=llm_training&seed=7&gpus=H100:64&chance=no$/,
    );
  });

  test("has a title, an icon, the label and all its files", async () => {
    const { status, body, headers } = await get("/?module=llm_training");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(body).toMatch(/<title>étude[^<]*simulated[^<]*<\/title>/);
    expect(body).toMatch(/class="badge"[^>]*>simulated</);
    const links = linksOf(body);
    expect(links.map((link) => link.replace(/^.*\./, "")).sort()).toEqual([
      "css",
      "js",
      "svg",
      "txt",
    ]);
    for (const link of links) {
      const file = await get(`/${link.replace("./", "")}`);
      expect({ link, status: file.status }).toEqual({ link, status: 200 });
      expect(file.headers["content-type"]).toMatch(/^(text\/|image\/svg)/);
      expect(file.body.length).toBeGreaterThan(100);
    }
  });

  test("asks nobody else for anything, and forbids itself to", async () => {
    const names = await readdir(page, { recursive: true });
    const texts = await Promise.all(
      names
        .filter((name) => /\.(html|js|css|svg)$/.test(name))
        .map((name) => readFile(join(page, name), "utf8")),
    );
    expect(texts).toHaveLength(4);
    const all = texts.join("\n");
    const addresses = [...all.matchAll(/(?:https?|wss?):\/\/[^\s"'`)\\]+/g)].map(([one]) => one);
    // A name that SVG has, and lines of logs that are shown, not followed.
    const harmless = [
      "http://www.w3.org/2000/svg",
      "https://pytorch.org/docs/stable/elastic/errors.html",
      "https://pytorch.org/docs/stable/notes/cuda.html#environment-variables",
      "https://pytorch.org/docs/stable/distributed.html#shutdown",
      "https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html",
      "https://rocm.docs.amd.com/projects/HIP/en/latest/index.html",
    ];
    expect(addresses.filter((one) => !harmless.includes(one))).toEqual([]);
    expect(all).not.toMatch(/(?:src|href)="\/|url\(["']?\/|@import/);
    const { body } = await get("/");
    expect(body).toContain("default-src 'self'");
    expect(body).toContain("connect-src 'none'");
  });

  test("carries the licences of what is bundled in it", async () => {
    const { body } = await get("/licences.txt");
    for (const name of ["@xterm/xterm", "@xterm/addon-fit", "string-width"]) {
      expect(body).toContain(`${name} `);
    }
    expect(body).toContain("Permission is hereby granted");
  });

  test.each([
    "/nothing",
    "/assets",
    "/assets/",
    "/../package.json",
    "/assets/../../package.json",
    "/%2e%2e/package.json",
    "/..%2fpackage.json",
    "//etc/passwd",
    "/index.html%00",
    "/__proto__",
  ])("is all that is served: %s is not found", async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: expect.stringMatching(/no such/) });
  });

  test("is only looked at", async () => {
    expect(await get("/", "POST")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect(await get("/", "HEAD")).toMatchObject({ status: 200, body: "" });
  });
});

describeInChromium("its controls", () => {
  let browser: Browser;
  let page: Page;
  let controls: Controls;

  beforeAll(async () => {
    browser = await openChromium();
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    controls = controlsOf(page, "body");
    await page.goto(served.address);
    await page.getByText("llm_training, seed 7").waitFor();
  });

  afterAll(() => browser?.close());

  const eventually = (value: () => Promise<unknown>) =>
    expect.poll(value, { timeout: PATIENCE_MS });
  const shown = () => page.locator(".xterm-rows").textContent();

  test("hold the run and let it go on, faster, again, and another one", async () => {
    const { the, see } = controls;
    await see();
    await turned(the("slider", /^Speed/));
    await the("button", "Pause").click();
    await the("button", "Resume").waitFor();
    let before: string | null;
    do {
      before = await shown();
      await page.waitForTimeout(200);
    } while (before !== (await shown()));
    await the("button", "Resume").click();
    await eventually(shown).not.toBe(before);
    await the("button", "Pause").click();
    await the("button", "Restart").click();
    // A run that begins is not held.
    await the("button", "Pause").waitFor();
    await page.getByText("llm_training, seed 7").waitFor();
    await the("button", "New run").click();
    await page.getByText("llm_training, seed 7").waitFor({ state: "hidden" });
  });

  test("share the run that is seen, at its speed", async () => {
    const [, seed] = /seed (\d+)/.exec((await page.locator("#run").textContent()) ?? "") ?? [];
    await controls.the("button", "Share").click();
    await eventually(() => page.locator("#said").textContent()).toMatch(/address|Copied/);
    const asked = new URL(page.url()).searchParams;
    expect(asked.get("seed")).toBe(seed);
    expect(Number(asked.get("speed-factor"))).toBeGreaterThan(1);
  });

  test("ask for another run by each field of the form", async () => {
    const { the, one, see, unused } = controls;
    await the("button", "Options").click();
    await see();
    one("checkbox", /^[a-z_]+$/);
    await page.getByRole("checkbox", { name: "llm_training" }).uncheck();
    await page.getByRole("checkbox", { name: "llm_pretraining" }).check();
    const fields = {
      Model: ["model", "Llama-3.1-8B"],
      GPUs: ["gpus", "H100:1024"],
      Tokens: ["tokens", "2T"],
      Incidents: ["incident", "loss-spike@2000"],
      "Spare nodes": ["spares", "3"],
      Seed: ["seed", "11"],
      Speed: ["speed-factor", "40"],
      "Lines at once": ["instant-print-lines", "5"],
    } as const;
    for (const [label, [, text]] of Object.entries(fields)) {
      await the(label === "Model" ? "combobox" : "textbox", label).fill(text);
    }
    await the("combobox", "Told as").selectOption("megatron");
    await the("checkbox", "things go wrong by chance").uncheck();
    await the("checkbox", "growing batches").check();
    await the("checkbox", "funny models").check();
    await the("button", "Show it").click();
    await page.getByText("llm_pretraining, seed 11").waitFor();
    const asked = new URL(page.url()).searchParams;
    for (const [name, text] of Object.values(fields)) expect(asked.get(name)).toBe(text);
    for (const [name, text] of [
      ["module", "llm_pretraining"],
      ["dialect", "megatron"],
      ["chance", "no"],
      ["batch-ramp", "yes"],
      ["funny", "yes"],
    ] as const) {
      expect(asked.getAll(name)).toEqual([text]);
    }
    await controls.the("button", "Options").click();
    await the("link", "Licences").click();
    await eventually(async () => page.url()).toMatch(/licences\.txt$/);
    expect(unused()).toEqual([]);
  });
});

describe("etude simulate --browser", () => {
  test("says that its port is taken, and ends with 1", async () => {
    const port = new URL(served.address).port;
    const { exitCode, stdout, stderr } = await run("--browser", "--port", port);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`port ${port}.*another program[\\s\\S]*--port`));
  });

  test.each([
    { words: ["--port", "8080"], says: /--port[\s\S]*--browser/ },
    { words: ["--browser", "--port", "70000"], says: /65535/ },
    { words: ["--browser", "--once"], says: /--once with --browser/ },
    { words: ["--browser", "--export", "csv=a.csv"], says: /--export with --browser/ },
    { words: ["--browser", "-m", "llm_trainin"], says: /llm_training/ },
    { words: ["--browser", "--model", "GPT-5"], says: /GPT-5/ },
  ])("ends with 2 and says why for $words", async ({ words, says }) => {
    const { exitCode, stdout, stderr } = await run(...words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("ends with 0 on Ctrl-C, also while a browser holds a connection", async () => {
    const mine = await serve("--json");
    const open = request(mine.address, { headers: { connection: "keep-alive" } });
    open.on("error", () => {});
    open.end();
    const [response] = await once(open, "response");
    response.on("error", () => {});
    const stdout = mine.child.stdout === null ? "" : text(mine.child.stdout);
    const stderr = mine.child.stderr === null ? "" : text(mine.child.stderr);
    mine.child.kill("SIGINT");
    const [exitCode] = await once(mine.child, "close");
    expect(exitCode).toBe(0);
    expect(await stderr).toBe("Goodbye: the page is no longer served.\n");
    expect(JSON.parse(await stdout)).toEqual({ address: mine.address });
  });
});

interface Served {
  readonly child: ChildProcess;
  readonly address: string;
}

async function serve(...words: string[]): Promise<Served> {
  const child = startEtude(["simulate", "--browser", "--port", "0", ...words], folder);
  if (child.stderr === null) throw new Error("The child has no stderr");
  for await (const line of createInterface({ input: child.stderr })) {
    const [address] = /http:\S+/.exec(line) ?? [];
    if (address !== undefined) return { child, address };
  }
  throw new Error("The page was not served");
}

function run(...words: string[]) {
  return endOf(startEtude(["simulate", ...words], folder));
}

/** The path as it is written: `fetch` would tidy it up. */
async function get(path: string, method = "GET") {
  const { hostname, port } = new URL(served.address);
  const asking = request({ hostname, port, path, method, agent: false });
  asking.end();
  const [response] = await once(asking, "response");
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

function linksOf(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
}
