import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isGone, type ProcessIdentity, thisProcess } from "./process-identity.node.ts";

/** Larger than any process id of Linux, macOS or Windows. */
const NOBODY = 2 ** 31 - 5;

const FIRST = "pid:[4026531836]";
const CONTAINER = "pid:[4026532001]";

/** By pid alone alive: whatever tells that it is gone is the rest. */
const me: ProcessIdentity = { pid: process.pid, host: "a", boot: "monday", pidNamespace: FIRST };
const inContainer: ProcessIdentity = { ...me, pidNamespace: CONTAINER };

describe("isGone()", () => {
  test.each<{ what: string; them: ProcessIdentity; asked?: ProcessIdentity; gone: boolean }>([
    { what: "a process that lives", them: me, gone: false },
    { what: "one that has ended", them: { ...me, pid: NOBODY }, gone: true },
    { what: "one from before the machine began anew", them: { ...me, boot: "sunday" }, gone: true },
    {
      what: "one that has ended, on a machine that has another name since",
      them: { ...me, pid: NOBODY, host: "b" },
      gone: true,
    },
    {
      what: "one that lives, on a machine that has another name since",
      them: { ...me, host: "b" },
      gone: false,
    },
    {
      what: "any of another machine",
      them: { pid: NOBODY, host: "b", boot: "friday" },
      gone: false,
    },
    {
      what: "any of another machine that does not tell more",
      them: { pid: NOBODY, host: "b" },
      gone: false,
    },
    { what: "one that wrote less, and lives", them: { pid: process.pid, host: "a" }, gone: false },
    { what: "one that wrote less, and has ended", them: { pid: NOBODY, host: "a" }, gone: true },
    {
      what: "one of this container before it was started again",
      them: { ...inContainer, pidNamespace: "pid:[4026532002]" },
      asked: inContainer,
      gone: true,
    },
    {
      what: "any of another container of this machine",
      them: { ...inContainer, pid: NOBODY, host: "b", pidNamespace: "pid:[4026532002]" },
      asked: inContainer,
      gone: false,
    },
    {
      what: "any outside of this container",
      them: { ...me, pid: NOBODY },
      asked: inContainer,
      gone: false,
    },
  ])("of $what: $gone", async ({ them, asked = me, gone }) => {
    expect(await isGone(them, asked)).toBe(gone);
  });

  test.skipIf(!existsSync("/proc/self/stat"))(
    "knows a process by when it began (skipped where there is no /proc)",
    async () => {
      const { started = "" } = await thisProcess();
      expect(started).toMatch(/^\d+$/);
      expect(await isGone({ ...me, started }, me)).toBe(false);
      // Another program has its number now, or this one in a container that was started again.
      expect(await isGone({ ...me, started: `${Number(started) - 1}` }, me)).toBe(true);
    },
  );
});
