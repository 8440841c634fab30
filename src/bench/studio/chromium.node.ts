/** The studio's pages in a real browser, and the servers that they come from. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { demoCorpus } from "../../sound/audio/corpus/demo-corpus.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const root = resolve(import.meta.dirname, "../../..");
export const ETUDE: string = join(root, "bin", "etude.mjs");

/** @throws Error where there is no Chromium; its path can stand in CHROMIUM. */
export async function openChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`Cannot measure the studio: there is no Chromium at "${CHROMIUM}"`);
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
}

/** A home of its own: nothing of this user is read or written. */
export function homeIn(folder: string): NodeJS.ProcessEnv {
  const { XDG_CONFIG_HOME: _, XDG_DATA_HOME: _data, ...rest } = process.env;
  return { ...rest, HOME: folder };
}

/** Enough for fifty steps in some minutes. */
const RECORDINGS = 12;

/** Some of the demo corpus as files. @returns Their paths. */
export async function demoFiles(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    demoCorpus(1)
      .slice(0, RECORDINGS)
      .map(async ({ name, sound }) => {
        const path = join(folder, `${name}.wav`);
        await writeFile(path, writeWav(sound));
        return path;
      }),
  );
}

export interface Served {
  readonly address: string;
  close(): Promise<void>;
}

/** `etude studio` in a folder that is its home. */
export async function openStudioIn(folder: string): Promise<Served> {
  const child = spawn(process.execPath, [ETUDE, "studio", "--no-open"], {
    cwd: folder,
    env: homeIn(folder),
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("http://")) return { address: line, close: () => ended(child) };
  }
  throw new Error("The studio did not open");
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGINT");
  await once(child, "exit");
}

export interface Site extends Served {
  /** Size as gzip of everything that was asked for, by its path. */
  readonly asked: ReadonlyMap<string, number>;
  /** What the build said of its size. */
  readonly said: string;
  /** From here the page is isolated from others, and may compute with several threads. */
  readonly isolated: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** The studio for the browser alone, built and given out as plain files. */
export async function openSite(folder: string): Promise<Site> {
  const built = spawnSync(process.execPath, [join(root, "bin", "build-web.mjs"), folder]);
  const said = built.stderr.toString();
  if (built.status !== 0) throw new Error(said);
  const asked = new Map<string, number>();
  const [plain, isolated] = [
    await serve(folder, { asked }),
    await serve(folder, { headers: ISOLATED }),
  ];
  return {
    ...{ asked, said: said.match(/: (.*)/)?.[1] ?? said },
    ...{ address: plain.address, isolated: isolated.address },
    close: async () => {
      await plain.close();
      await isolated.close();
    },
  };
}

const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

interface ServeOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly asked?: Map<string, number>;
}

async function serve(folder: string, { headers = {}, asked }: ServeOptions): Promise<Served> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").replace(/[?#].*$/s, ""));
    const name = path.endsWith("/") ? `${path}index.html` : path;
    readFile(join(folder, name)).then(
      (bytes) => {
        asked?.set(name, gzipSync(bytes).length);
        for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
        response.setHeader("Content-Type", TYPES[extname(name)] ?? "application/octet-stream");
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
