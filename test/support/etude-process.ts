/** The built command line as a child process, its events, and recordings for it to learn from. */

import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import type { RunEvent } from "../../src/events/events.ts";
import { lineToEvent } from "../../src/events/wire.ts";
import { writeWav } from "../../src/sound/audio/codecs/wav-write.ts";

export const etude: string = join(import.meta.dirname, "..", "..", "bin", "etude.mjs");

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts étude in `folder`, which is also its home. @param input What it reads on stdin. */
export function startEtude(
  words: readonly string[],
  folder: string,
  input = "",
): ChildProcessWithoutNullStreams {
  const child = startNode([etude, ...words], folder);
  child.stdin.end(input);
  return child;
}

/** Starts étude in `folder`, for a user whose home is another one. */
export function startAwayFromHome(
  words: readonly string[],
  folder: string,
  home: string,
): ChildProcessWithoutNullStreams {
  const child = startNode([etude, ...words], folder, home);
  child.stdin.end();
  return child;
}

/** A signal at the first line of stdout that matches. */
export interface SignalAt {
  readonly line: RegExp;
  readonly signal: NodeJS.Signals;
}

/** The same with signals that it sends to itself, so that they come in time on any machine. */
export function startSignalled(
  words: readonly string[],
  folder: string,
  signals: readonly SignalAt[],
): ChildProcessWithoutNullStreams {
  const child = startNode(["--import", signalling(signals), etude, ...words], folder);
  child.stdin.end();
  return child;
}

/** The same with a clock that is ahead of that of this machine. */
export function startAhead(
  words: readonly string[],
  folder: string,
  aheadMs: number,
): ChildProcessWithoutNullStreams {
  const script = `
    const origin = performance.timeOrigin + ${aheadMs};
    Object.defineProperty(performance, "timeOrigin", { value: origin });
    const now = Date.now;
    Date.now = () => now() + ${aheadMs};
  `;
  const url = `data:text/javascript,${encodeURIComponent(script)}`;
  const child = startNode(["--import", url, etude, ...words], folder);
  child.stdin.end();
  return child;
}

/** The same where no file may be larger than this, as on a full disk. @param blocks Of 512 bytes. */
export function startLimited(
  words: readonly string[],
  folder: string,
  blocks: number,
): ChildProcessWithoutNullStreams {
  const limited = ["-c", `ulimit -f ${blocks} && exec "$@"`, "sh", process.execPath, etude];
  const child = startProgram("sh", [...limited, ...words], folder);
  child.stdin.end();
  return child;
}

function startNode(
  words: readonly string[],
  folder: string,
  home: string = folder,
): ChildProcessWithoutNullStreams {
  return startProgram(process.execPath, words, folder, home);
}

function startProgram(
  ...[program, words, folder, home = folder]: readonly [
    program: string,
    words: readonly string[],
    folder: string,
    home?: string,
  ]
): ChildProcessWithoutNullStreams {
  return spawn(program, words, {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: home, XDG_CONFIG_HOME: join(home, "xdg") },
  });
}

/** Lets go on what has stopped itself. Again and again: it may have told, and be about to stop. */
export function letGoOn(child: ChildProcess): void {
  child.kill("SIGCONT");
  const again = setInterval(() => child.kill("SIGCONT"), 50);
  child.once("close", () => clearInterval(again));
}

/**
 * The address of a module that makes a process signal itself. A signal from the test would come whenever the
 * test is given time to read; on a busy machine the run may be over by then.
 */
function signalling(signals: readonly SignalAt[]): string {
  const waiting = signals.map(({ line, signal }) => `[${line}, ${JSON.stringify(signal)}]`);
  const script = `
    import { isMainThread } from "node:worker_threads";
    let waiting = [${waiting}];
    const write = process.stdout.write;
    if (isMainThread) process.stdout.write = function (text, ...rest) {
      const taken = write.call(this, text, ...rest);
      const due = waiting.filter(([line]) => line.test(text));
      waiting = waiting.filter((one) => !due.includes(one));
      for (const [, signal] of due) process.kill(process.pid, signal);
      return taken;
    };
  `;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

/** The line of `--json` that tells of this, or of this step. */
export function lineOf(type: RunEvent["type"], step?: number): RegExp {
  const about = step === undefined ? "" : `(?=.*"step":${step}[,}])`;
  return new RegExp(`^${about}.*"type":"${type}"`, "m");
}

export async function endOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  // By events: a test may close a stream that it has seen enough of.
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  }
  const [exitCode] = await once(child, "close");
  return { exitCode, ...said };
}

/** What a person can mend ends with a code and words, before anything is told. */
export function expectRefused({ exitCode, stdout, stderr }: Ended, says: string, code = 2): void {
  expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
  expect(stderr).toContain(says);
  expect(stderr).not.toContain("    at ");
}

/** Reads events of a `--json` run to its end, calls `onEvent` as they come. */
export async function follow(
  child: ChildProcess,
  onEvent: (event: RunEvent) => void = () => {},
): Promise<{ readonly exitCode: number | null; readonly events: readonly RunEvent[] }> {
  const closed = once(child, "close");
  const events: RunEvent[] = [];
  child.stderr?.resume();
  if (child.stdout === null) throw new Error("The child has no stdout");
  for await (const line of createInterface({ input: child.stdout })) {
    const event = wholeEvent(line);
    if (event === undefined) continue;
    events.push(event);
    onEvent(event);
  }
  const [exitCode] = await closed;
  return { exitCode, events };
}

/** A killed process may leave its last line half written. */
function wholeEvent(line: string): RunEvent | undefined {
  try {
    return lineToEvent(line);
  } catch {
    return undefined;
  }
}

export function eventsOf(lines: string): RunEvent[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => lineToEvent(line) ?? []);
}

/** The events of one kind. */
export function ofType<T extends RunEvent["type"]>(
  events: readonly RunEvent[],
  type: T,
): Extract<RunEvent, { type: T }>[] {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
}

/** Plucks of 0.3 to 0.6 s, each of another pitch; the same every time. */
export async function writePlucks(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i += 1) {
    const sound = {
      sampleRate: 22_050,
      channels: [pluck(110 * 2 ** (i / 3), 0.3 + 0.06 * i)],
    };
    await writeFile(join(folder, `pluck ${i}.wav`), writeWav(sound));
  }
}

function pluck(hz: number, seconds: number): Float32Array {
  const rateHz = 22_050;
  return Float32Array.from({ length: Math.round(seconds * rateHz) }, (_, i) => {
    const angle = (2 * Math.PI * hz * i) / rateHz;
    return 0.4 * Math.exp((-5 * i) / rateHz) * (Math.sin(angle) + 0.5 * Math.sin(3 * angle));
  });
}
