import { expect, test } from "vitest";
import { type FileShare, withShares } from "./with-shares.ts";

const share = (value: number, index = 0): FileShare => ({ share: value, index, fileCount: 2 });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("withShares() yields the newest share while an item is waited for", async () => {
  const reading = withShares(async function* (onShare) {
    await turn();
    onShare(share(0.1));
    onShare(share(0.2));
    await turn();
    onShare(share(0.6));
    await turn();
    yield { name: "a" };
    yield { name: "b" };
  });
  const seen: object[] = [];
  for await (const item of reading) seen.push(item);
  expect(seen).toEqual([share(0.2), share(0.6), { name: "a" }, { name: "b" }]);
});

test("withShares() throws what the reading throws", async () => {
  const reading = withShares(async function* (onShare) {
    onShare(share(0.5));
    yield { name: "a" };
    await turn();
    throw new Error("gone");
  });
  await expect(
    (async () => {
      for await (const _ of reading);
    })(),
  ).rejects.toThrow("gone");
});

test("withShares() does not wait for the item at work when it is stopped", async () => {
  const never = new Promise<void>(() => {});
  const reading = withShares(async function* (onShare) {
    onShare(share(0.5));
    await never;
    yield { name: "a" };
  });
  for await (const item of reading) {
    expect(item).toEqual(share(0.5));
    break;
  }
});
