/** `etude studio`: who may ask its server, and what it makes of what nobody should ask. */

import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import { demoCorpus } from "../src/sound/audio/corpus/demo-corpus.ts";
import { type Answer, type Asked, ask, type OpenStudio, openStudioIn } from "./support/studio.ts";

let folder: string;
let studio: OpenStudio;
/** "/SECRET" */
let root: string;
let origin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "étude studio 🎻 "));
  studio = await openStudioIn(folder);
  const { pathname, origin: own } = new URL(studio.address);
  root = pathname.replace(/\/$/, "");
  origin = own;
});

afterAll(async () => {
  await studio.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, asked: Asked = {}): Promise<Answer> => ask(studio.address, path, asked);

const demo = demoCorpus(1);
const wav = (index: number): Uint8Array => {
  const sound = demo[index]?.sound;
  if (sound === undefined) expect.fail("there is no such demo sound");
  return writeWav(sound, { encoding: "int16" });
};

describe("the address", () => {
  test("is of this machine and holds a secret, without which there is nothing", async () => {
    expect(studio.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/$/);
    expect((await get(`${root}/`)).status).toBe(200);
    for (const path of ["/", "/api/studio", `${root.slice(0, -1)}x/`, `${root}x/api/studio`]) {
      expect({ path, status: (await get(path)).status }).toEqual({ path, status: 403 });
    }
  });

  test("is the same after the next start, so that an open page goes on", async () => {
    const { address } = studio;
    await studio.close();
    studio = await openStudioIn(folder);
    expect(studio.address).toBe(address);
  });

  test("answers only to its own names, and to no page of another site", async () => {
    const path = `${root}/api/studio`;
    expect((await get(path, { headers: { host: "evil.example" } })).status).toBe(421);
    expect((await get(path, { headers: { origin: "https://evil.example" } })).status).toBe(403);
    expect((await get(path, { headers: { origin: "null" } })).status).toBe(403);
    expect((await get(path, { headers: { origin: "http://127.0.0.1:1" } })).status).toBe(403);
    const cross = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
    expect((await get(path, { headers: cross })).status).toBe(403);
    expect((await get(path, { headers: { origin } })).status).toBe(200);
  });

  test("gives a page that may ask nobody else", async () => {
    const { headers, body } = await get(`${root}/`);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toContain("unsafe-inline");
    expect(policy).not.toContain("'unsafe-eval'");
    expect(body).not.toMatch(/<script(?![^>]*src=)|style="|https?:/);
  });
});

describe("paths that lead elsewhere", () => {
  test.each([
    "/../../package.json",
    "/assets/../../../package.json",
    "/%2e%2e/package.json",
    "/..%2f..%2fetc%2fpasswd",
    "/rehearsal/../../../package.json",
    "//etc/passwd",
    "/index.html%00",
    "/%E0%A4%A",
    "/api/runs/..%2f..%2fetc/preview?path=passwd",
    "/api/runs/nothing/preview?path=..%2f..%2frun.json",
    "/api/corpora/..%2f..%2fetc/sound?path=passwd",
    "/api/voices/run:..%2f..%2fetc/model.etude",
    "/api/voices/model:..%2f..%2f00/model.etude",
    "/api/models/..%2f..%2f/file",
    "/api/history/..%2f..%2f/file?format=wav",
    "/api/nothing",
  ])("%s are refused", async (path) => {
    const { status, body } = await get(`${root}${path}`);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain("root:");
  });

  test.each(["../out.wav", "a/../../out.wav", "..", "", "/", "x/".repeat(40)])(
    "an upload called %j is refused",
    async (path) => {
      const query = new URLSearchParams({ path });
      const { status } = await get(`${root}/api/corpora/mine/sound?${query}`, {
        method: "PUT",
        body: wav(0),
      });
      expect(status).toBe(400);
    },
  );

  test("an upload does not follow a link out of its folder", async () => {
    const outside = join(folder, "outside");
    await mkdir(outside);
    const recordings = join(folder, ".local/share/etude/datasets/.recordings/linked");
    await mkdir(recordings, { recursive: true });
    await symlink(outside, join(recordings, "drums"));
    const { status } = await get(`${root}/api/corpora/linked/sound?path=drums/kick.wav`, {
      method: "PUT",
      body: wav(0),
    });
    expect(status).toBe(400);
    expect(await readdir(outside)).toEqual([]);
  });

  test.each(["../up", "a/b", ".hidden", "a b"])("a corpus called %j is refused", async (name) => {
    const place = `${root}/api/corpora/${encodeURIComponent(name)}/sound?path=kick.wav`;
    expect((await get(place, { method: "PUT", body: wav(0) })).status).toBe(400);
  });
});

describe("what is brought in", () => {
  test("keeps its folders, gets a name of its own, and plays", async () => {
    for (const expected of ["kit/kick 🥁.wav", "kit/kick 🥁 2.wav"]) {
      const query = new URLSearchParams({ path: "kit/kick 🥁.wav" });
      const { status, body } = await get(`${root}/api/corpora/kit/sound?${query}`, {
        method: "PUT",
        body: wav(expected.includes("2") ? 1 : 0),
      });
      expect({ status, ...JSON.parse(body) }).toEqual({ status: 200, path: expected });
    }
    const view = await stateOf("corpus:kit", (state) => state["summary"] !== undefined);
    expect(view["files"]).toMatchObject([
      { path: "kit/kick 🥁 2.wav", fate: "used", isRemovable: true },
      { path: "kit/kick 🥁.wav", fate: "used", isRemovable: true },
    ]);
    const query = new URLSearchParams({ path: "kit/kick 🥁.wav" });
    const { status, headers } = await get(`${root}/api/corpora/kit/sound?${query}`);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("audio/wav");
  });

  test("is taken out, and put back", async () => {
    const place = `${root}/api/corpora/kit`;
    const query = new URLSearchParams({ path: "kit/kick 🥁.wav" });
    const removed = await get(`${place}/sound?${query}`, { method: "DELETE" });
    expect(removed.status).toBe(200);
    const one = await stateOf("corpus:kit", (state) => filesOf(state) === 1);
    expect(one["files"]).toMatchObject([{ path: "kit/kick 🥁 2.wav" }]);
    await get(`${place}/undo`, { method: "POST", body: removed.body });
    await stateOf("corpus:kit", (state) => filesOf(state) === 2);
  });

  test("that lies in a person's own folder is never deleted", async () => {
    const own = join(folder, "my recordings");
    await mkdir(own);
    await writeFile(join(own, "bell.wav"), wav(2));
    const body = JSON.stringify({ path: own });
    const added = await get(`${root}/api/corpora/own/folder`, { method: "POST", body });
    expect(added.status).toBe(200);
    await stateOf("corpus:own", (state) => filesOf(state) === 1);
    const query = new URLSearchParams({ path: "bell.wav" });
    const { status, body: said } = await get(`${root}/api/corpora/own/sound?${query}`, {
      method: "DELETE",
    });
    expect(status).toBe(400);
    expect(JSON.parse(said)).toMatchObject({ code: "recording-not-ours" });
    expect((await get(`${root}/api/corpora/own`, { method: "DELETE" })).status).toBe(200);
    expect(await readdir(own)).toEqual(["bell.wav"]);
  });

  test("is refused in words where it is announced as larger than the limit", async () => {
    const { status, body } = await get(`${root}/api/corpora/mine/sound?path=huge.wav`, {
      method: "PUT",
      headers: { "content-length": String(2 ** 31) },
    });
    expect(status).toBe(413);
    expect(JSON.parse(body)).toMatchObject({ code: "file-too-large" });
  });
});

describe("requests that make no sense", () => {
  test.each([
    { path: "runs", body: "" },
    { path: "runs", body: "not json" },
    { path: "runs", body: '{"dataset":7}' },
    { path: "runs", body: '{"dataset":"kit","minutes":-1}' },
    { path: "runs", body: '{"dataset":"nothing"}' },
    { path: "runs", body: `{"dataset":"${"x".repeat(2_000_000)}"}` },
    { path: "runs/nothing/resume", body: "{}" },
    { path: "corpora/kit/folder", body: '{"path":"relative"}' },
    { path: "corpora/kit/folder", body: '{"path":"/nowhere at all"}' },
    { path: "voices/run:nothing/draft", body: '{"version":1}' },
    { path: "models/0123456789ab/rename", body: '{"name":"x"}' },
  ])("to $path are refused in words", async ({ path, body }) => {
    const answer = await get(`${root}/api/${path}`, { method: "POST", body });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(JSON.parse(answer.body)).toMatchObject({ message: expect.stringMatching(/^Cannot /) });
  });

  test.each([
    "GET / HTTP/1.1\r\n\r\n",
    "nonsense\r\n\r\n",
    "GET /\u0000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  ])("are survived: %j", async (text) => {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(studio.address).port), "127.0.0.1");
      socket.on("close", () => resolve()).on("error", () => resolve());
      socket.end(text);
      socket.resume();
    });
    expect((await get(`${root}/api/studio`)).status).toBe(200);
  });
});

type State = Readonly<Record<string, unknown>>;

function filesOf(state: State): number {
  return state["progress"] === undefined ? (state["files"] as unknown[]).length : -1;
}

/** What a channel tells, once it is as wanted. */
async function stateOf(channel: string, isWanted: (state: State) => boolean): Promise<State> {
  const answer = await fetch(`${studio.address}api/news?of=${encodeURIComponent(channel)}`);
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of answer.body ?? []) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      if (!block.startsWith("data: ")) continue;
      const { state } = JSON.parse(block.slice("data: ".length)) as { state?: State };
      if (state !== undefined && isWanted(state)) return state;
    }
  }
  expect.fail(`The channel ${channel} ended`);
}
