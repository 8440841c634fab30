import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeClock } from "../../host.node.ts";
import type { Json } from "../../json.ts";
import { openChannel } from "./channel.ts";
import { streamNews } from "./news-stream.node.ts";

let server: Server;
let count = 0;
let readers = { count: 0 };
const channel = openChannel("count", () => ({ count, padding: "x".repeat(10_000) }));

beforeEach(async () => {
  count = 0;
  const here = { count: 0 };
  readers = here;
  server = createServer((request, response) => {
    here.count += 1;
    const over = new AbortController();
    request.once("close", () => over.abort());
    void streamNews(response, [channel], { clock: nodeClock, signal: over.signal }).finally(() => {
      here.count -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function open(): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve) => get({ host: "127.0.0.1", port }, resolve));
}

/** Reads on until what was told last holds the count. */
async function readUntil(response: IncomingMessage, wanted: number): Promise<number> {
  let text = "";
  let bytes = 0;
  for await (const part of response) {
    bytes += part.length;
    text += String(part);
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) if (lastCount(block) === wanted) return bytes;
  }
  throw new Error("The stream ended");
}

function lastCount(block: string): number | undefined {
  if (!block.startsWith("data: ")) return undefined;
  const { state, news } = JSON.parse(block.slice(6)) as {
    state?: { count: number };
    news?: readonly Json[];
  };
  return state?.count ?? (news?.at(-1) as number | undefined);
}

function tell(times: number): void {
  for (let i = 0; i < times; i += 1) {
    count += 1;
    channel.tell(count);
  }
}

test("streamNews() tells the state first, then what is new", async () => {
  const response = await open();
  await readUntil(response, 0);
  tell(3);
  await readUntil(await open(), 3);
});

test("streamNews() tells a reader that fell behind the state, and not ten thousand pieces of news", async () => {
  const response = await open();
  response.pause();
  tell(10_000);
  const bytes = await readUntil(response, 10_000);
  expect(bytes).toBeLessThan(100_000);
});

test("streamNews() serves fifty readers, and forgets those that leave", async () => {
  const responses = await Promise.all(Array.from({ length: 50 }, open));
  expect(readers.count).toBe(50);
  tell(1);
  // Each leaves as soon as it has read what is new.
  await Promise.all(responses.map((response) => readUntil(response, 1)));
  while (readers.count > 0) await new Promise((resolve) => setImmediate(resolve));
});
