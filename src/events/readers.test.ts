/** Those who read a run: many at once, again from disk, and after a crash. */

import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exampleRun, untilEpoch } from "../../test/example-run.ts";
import type { RunEvent } from "./events.ts";
import { openEventLog, readEventLog } from "./log.node.ts";
import { replay } from "./replay.ts";
import { eventToLine } from "./wire.ts";

const run = exampleRun();

describe("the log", () => {
  let folder = "";
  let path = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "etude-log-"));
    path = join(folder, "events.jsonl");
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test("gives back what was appended", async () => {
    const log = await openEventLog(path, { clock: patientClock() });
    expect(log.start).toEqual({ seq: 0, atMs: 0 });
    for (const event of run) log.append(event);
    await log.close();
    expect(await all(readEventLog(path))).toEqual(run);
    expect(await readFile(path, "utf8")).toBe(run.map(eventToLine).join(""));
  });

  test("writes by itself a moment later, and at once at a checkpoint", async () => {
    const clock = patientClock();
    const log = await openEventLog(path, { clock });
    const [first] = run;
    const saved = run.find(({ type }) => type === "checkpoint-saved");
    if (first === undefined || saved === undefined) throw new Error("the example run is short");
    log.append(first);
    log.append(first);
    expect(await readFile(path, "utf8")).toBe("");
    expect(clock.waits).toEqual([200]);
    log.append(saved);
    await log.flush();
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(4);
    await log.close();
  });

  test("goes on counting where it stopped", async () => {
    const before = untilEpoch(run, 2);
    await writeFile(path, before.map(eventToLine).join(""));
    const log = await openEventLog(path, { clock: patientClock() });
    const last = before.at(-1);
    expect(log.start).toEqual({ seq: before.length, atMs: last?.atMs });
    for (const event of run.slice(before.length)) log.append(event);
    await log.close();
    expect(await all(readEventLog(path))).toEqual(run);
  });

  test("survives a crash at any byte of its last line", async () => {
    const [first, second, third] = run.map(eventToLine);
    const whole = `${first}${second}`;
    for (let cut = 0; cut < (third ?? "").length - 1; cut += 7) {
      await writeFile(path, whole + (third ?? "").slice(0, cut));
      expect(await all(readEventLog(path))).toEqual(run.slice(0, 2));
      const log = await openEventLog(path, { clock: patientClock() });
      expect(log.start.seq).toBe(2);
      await log.close();
      expect(await readFile(path, "utf8")).toBe(whole);
    }
  });

  test("keeps a last line that lacks nothing but its line feed", async () => {
    await writeFile(path, run.slice(0, 3).map(eventToLine).join("").trimEnd());
    const log = await openEventLog(path, { clock: patientClock() });
    for (const event of run.slice(3, 5)) log.append(event);
    await log.close();
    expect(await all(readEventLog(path))).toEqual(run.slice(0, 5));
  });

  test("cuts off the zeros that a power cut can leave, in any amount", async () => {
    const whole = run.slice(0, 3).map(eventToLine).join("");
    await writeFile(path, whole + "\0".repeat(200_000));
    const log = await openEventLog(path, { clock: patientClock() });
    await log.close();
    expect(await readFile(path, "utf8")).toBe(whole);
  });

  test("counts on after a kind of news that only a newer program knows", async () => {
    await writeFile(
      path,
      `${run.slice(0, 2).map(eventToLine).join("")}{"type":"new","seq":2,"atMs":9}\n`,
    );
    const log = await openEventLog(path, { clock: patientClock() });
    expect(log.start).toEqual({ seq: 3, atMs: 9 });
    await log.close();
    expect(await all(readEventLog(path))).toEqual(run.slice(0, 2));
  });

  test("names the line that is corrupt in the middle", async () => {
    const lines = run.slice(0, 4).map(eventToLine);
    await writeFile(path, [lines[0], lines[1], "oops\n", lines[3]].join(""));
    await expect(all(readEventLog(path))).rejects.toMatchObject({
      code: "event-log-corrupt",
      message: expect.stringContaining("line 3 of"),
    });
  });

  test("passes over damaged lines where that is asked for, and names them", async () => {
    const lines = run.slice(0, 4).map(eventToLine);
    const text = [lines[0], "oops\n", lines[1], "\0\0\n", '{"type":7,"seq":3}\n', lines[2]].join(
      "",
    );
    await writeFile(path, `${text}{"type":"step-d`);
    const damaged: number[] = [];
    let torn = 0;
    const notes = {
      onDamagedLine: (line: number) => damaged.push(line),
      onTornLine: () => {
        torn += 1;
      },
    };
    expect(await all(readEventLog(path, notes))).toEqual(run.slice(0, 3));
    expect({ damaged, torn }).toEqual({ damaged: [2, 4, 5], torn: 1 });
  });

  test.each([
    { what: "none of its lines whole", text: '{"type":"run-sta', kept: "" },
    { what: "zeros only", text: "\0".repeat(5000), kept: "" },
    { what: "only damaged lines", text: "oops\n\0\0\n", kept: "oops\n\0\0\n" },
    { what: "damaged lines and a cut one", text: "oops\n{", kept: "oops\n" },
    {
      what: "a place that is none",
      text: '{"type":"a","seq":-1e300}\n',
      kept: '{"type":"a","seq":-1e300}\n',
    },
  ])("is gone on with where it has $what", async ({ text, kept }) => {
    await writeFile(path, text);
    const log = await openEventLog(path, { clock: patientClock() });
    expect(log.start).toEqual({ seq: 0, atMs: 0 });
    for (const event of run.slice(0, 2)) log.append(event);
    await log.close();
    expect(await readFile(path, "utf8")).toBe(kept + run.slice(0, 2).map(eventToLine).join(""));
    expect(await all(readEventLog(path, { onDamagedLine: () => {} }))).toEqual(run.slice(0, 2));
  });

  test("keeps damaged lines at its end, and counts on from the last event", async () => {
    const whole = `${run.slice(0, 3).map(eventToLine).join("")}oops\n`;
    await writeFile(path, whole);
    const log = await openEventLog(path, { clock: patientClock() });
    expect(log.start.seq).toBe(3);
    await log.close();
    expect(await readFile(path, "utf8")).toBe(whole);
  });

  test("is read to its end past a line that is longer than any event", async () => {
    const [first = "", second = ""] = run.map(eventToLine);
    await writeFile(path, `${first}${"\0".repeat(2 ** 26 + 2 ** 20)}\n${second}`);
    const damaged: number[] = [];
    const onDamagedLine = (line: number): void => void damaged.push(line);
    expect(await all(readEventLog(path, { onDamagedLine }))).toEqual(run.slice(0, 2));
    expect(damaged).toEqual([2]);
  });

  test("says what is missing", async () => {
    await expect(all(readEventLog(path))).rejects.toMatchObject({
      code: "event-log-missing",
      exitCode: 2,
    });
  });

  test("says so when it cannot be opened", async () => {
    const opening = openEventLog(folder, { clock: patientClock() });
    await expect(opening).rejects.toMatchObject({ code: "event-log-not-written" });
  });

  test("breaks lines at line feeds only, and across chunks of the file", async () => {
    const long = exampleRun({ title: `a\u2028b\u0085c\r${"歌".repeat(50_000)}` });
    await appendFile(path, long.map(eventToLine).join(""));
    expect(await all(readEventLog(path))).toEqual(long);
  });
});

describe("replay()", () => {
  test.each([
    [1, [0, 0, 500, 1500]],
    [10, [0, 0, 50, 150]],
    [Number.POSITIVE_INFINITY, [0, 0, 0, 0]],
  ])("at speed %d tells events at their time", async (speedFactor, expected) => {
    const clock = instantClock();
    const times: number[] = [];
    for await (const _ of replay(source(run.slice(0, 4)), { clock, speedFactor }))
      times.push(clock.ms);
    expect(times).toEqual(expected);
  });

  test("plays no silence longer than it was told", async () => {
    const clock = instantClock();
    const [first, second] = run;
    const gap = [first, { ...second, atMs: 3_600_000 }] as RunEvent[];
    await all(replay(source(gap), { clock, pauseMsMax: 2000 }));
    expect(clock.ms).toBe(2000);
  });

  test("gives each job its own time, in the order of the log", async () => {
    const log = [
      [1, 0],
      [2, 0],
      [1, 300],
      [2, 200],
      [2, 500],
      // A new run begins where the others are, and goes on from there.
      [1, 0],
      [2, 600],
      [1, 400],
    ] as const;
    const [first] = run as [RunEvent];
    const events = log.map(([job, atMs], seq) => ({ ...first, job, atMs, seq }));
    const clock = instantClock();
    const times: number[] = [];
    for await (const _ of replay(source(events), { clock })) times.push(clock.ms);
    expect(times).toEqual([0, 0, 300, 300, 500, 500, 600, 900]);
  });

  test("stops where the signal says", async () => {
    const stop = new AbortController();
    const seen: RunEvent[] = [];
    for await (const event of replay(source(run), { clock: instantClock(), signal: stop.signal })) {
      seen.push(event);
      if (seen.length === 3) stop.abort();
    }
    expect(seen).toEqual(run.slice(0, 3));
  });

  test("refuses a speed of zero", async () => {
    const playing = all(replay(source(run), { clock: instantClock(), speedFactor: 0 }));
    await expect(playing).rejects.toThrow(RangeError);
  });
});

async function all(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const seen: RunEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

async function* source(events: readonly RunEvent[]): AsyncGenerator<RunEvent> {
  yield* events;
}

/** A clock on which nothing ever gets due by itself, so that only what is asked for is written. */
function patientClock() {
  const waits: number[] = [];
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((_, reject) => {
      waits.push(ms);
      signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  return { waits, sleep };
}

function instantClock() {
  const clock = {
    ms: 0,
    nowMs: () => clock.ms,
    sleep: async (ms: number) => {
      clock.ms += ms;
    },
  };
  return clock;
}
