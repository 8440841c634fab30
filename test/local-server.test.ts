import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runKinds } from "../src/cli/run-kinds.ts";
import { endWith, type LocalServer, openLocalServer } from "../src/local-server.node.ts";
import { openPageServer } from "../src/page-server.node.ts";
import { openMetricsServer } from "../src/show/metrics/metrics-server.node.ts";

let server: LocalServer;

beforeEach(async () => {
  server = await openLocalServer((_, response) => endWith(response, 200, "secret\n"), {
    port: 0,
    what: "a test",
    option: "--port",
  });
});

afterEach(() => server.close());

/** The whole answer to a request with these lines: `fetch` would write its own Host. */
async function answerTo(address: string, lines: readonly string[]): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(address).port) });
  socket.setEncoding("utf8");
  socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  let text = "";
  socket.on("data", (piece: string) => {
    text += piece;
  });
  await once(socket, "close");
  return text;
}

test.each(["127.0.0.1", "localhost", "[::1]", "localhost:9400", "[::1]:9400", "LocalHost:1"])(
  "a request for %s is answered",
  async (host) => {
    const answer = await answerTo(server.origin, ["GET / HTTP/1.1", `Host: ${host}`]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nsecret\n$/s);
  },
);

test.each([
  "example.org",
  "example.org:9400",
  "127.0.0.1.example.org",
  "localhost.example.org",
  "example.org:127.0.0.1",
  "evil@localhost",
  "127.0.0.1:80:80",
  "0.0.0.0",
  "192.168.0.7",
  "[::2]",
  "",
])("a request for %j, which a page of another site may have sent, is refused", async (host) => {
  const answer = await answerTo(server.origin, ["GET / HTTP/1.1", `Host: ${host}`]);
  expect(answer).toMatch(/^HTTP\/1\.1 421 /);
  expect(answer).not.toContain("secret");
});

test("a request that names no host is refused", async () => {
  expect(await answerTo(server.origin, ["GET / HTTP/1.0"])).toMatch(/^HTTP\/1\.1 421 /);
});

test("page and metrics are refused to the names of others, whatever is asked for", async () => {
  const page = await openPageServer(new Map([["/", Buffer.from("<title>")]]), 0);
  const metrics = await openMetricsServer(0, runKinds);
  try {
    for (const { address } of [page, metrics]) {
      for (const request of ["GET /", "GET /metrics", "HEAD /", "POST /"]) {
        const lines = [`${request} HTTP/1.1`, "Host: rebound.example"];
        expect(await answerTo(address, lines)).toMatch(/^HTTP\/1\.1 421 /);
      }
      expect((await fetch(address)).status).toBe(200);
    }
  } finally {
    await page.close();
    await metrics.close();
  }
});
