/**
 * A command in this process, by a clock that the test moves on: what is told in a second is then
 * the same on every machine, however busy.
 */

import { join } from "node:path";
import type { CommandContext, Output } from "../../src/cli/context.ts";
import { handlers } from "../../src/cli/handlers.node.ts";
import { parse } from "../../src/cli/parse.ts";
import { errorReport } from "../../src/cli/report-error.ts";
import { UserError } from "../../src/errors.ts";
import { defaultConfig } from "../../src/sound/library/config.node.ts";
import type { Ended } from "./etude-process.ts";
import { type VirtualClock, virtualClock } from "./virtual-clock.ts";

export interface CommandHere {
  readonly clock: VirtualClock;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exitCode: Promise<number>;
}

/** Begins a command. @param words As after `etude`. Its home is `folder`. */
export function commandHere(words: readonly string[], folder: string): Promise<CommandHere> {
  return begin(words, folder, { stdout: collected(), stderr: collected() });
}

/**
 * A whole command, with what a process would tell and its exit code, in a fraction of the time. Not
 * for commands that read stdin, are stopped, or start threads.
 */
export async function etudeHere(words: readonly string[], folder: string): Promise<Ended> {
  const outputs = { stdout: collected(), stderr: collected() };
  const exitCode = await exitCodeOf(words, folder, outputs).catch((error: unknown) => {
    const how = { colour: false, verbose: false, program: PROGRAM };
    outputs.stderr.output.write(errorReport(error, how));
    return error instanceof UserError ? error.exitCode : 1;
  });
  return { exitCode, stdout: outputs.stdout.text(), stderr: outputs.stderr.text() };
}

/** Moves the clock on for as long as the command takes. */
async function exitCodeOf(...given: Parameters<typeof begin>): Promise<number> {
  const { clock, exitCode } = await begin(...given);
  let isOver = false;
  const over = exitCode.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  while (!isOver) await clock.advance(TURN_MS);
  return over;
}

const TURN_MS = 60_000;
const PROGRAM = "etude 0.0.0";

interface Outputs {
  readonly stdout: ReturnType<typeof collected>;
  readonly stderr: ReturnType<typeof collected>;
}

async function begin(
  words: readonly string[],
  folder: string,
  { stdout, stderr }: Outputs,
): Promise<CommandHere> {
  const clock = virtualClock();
  const request = parse(words, { version: PROGRAM, columns: 80 });
  if (request.kind !== "command") throw new Error(`No command: ${words.join(" ")}`);
  const environment = {
    XDG_CONFIG_HOME: join(folder, ".config"),
    XDG_DATA_HOME: join(folder, ".local", "share"),
  };
  const config = defaultConfig({ workingFolder: folder, environment });
  const context: CommandContext = {
    given: request.given,
    isDeviceGiven: request.globals.device !== undefined,
    stdout: stdout.output,
    stderr: stderr.output,
    clock,
    signal: new AbortController().signal,
    settings: config.settings,
    config: { path: config.path, exists: config.exists, problem: null },
    json: request.globals.json,
    verbose: false,
    program: PROGRAM,
    workingFolder: folder,
  };
  // Loaded before the clock moves: reading files takes another time each time.
  const { run } = await handlers[request.name]();
  const exitCode = run(context, request.values as never);
  return { clock, stdout: stdout.text, stderr: stderr.text, exitCode };
}

/**
 * What a command says that refuses its words before it tells anything.
 *
 * @throws Error where it does not refuse them.
 */
export async function refusalOf(words: readonly string[], folder: string): Promise<UserError> {
  let told = (): string => "";
  try {
    const command = await commandHere(words, folder);
    told = command.stdout;
    await command.exitCode;
  } catch (failure) {
    if (failure instanceof UserError && told() === "") return failure;
    throw failure;
  }
  throw new Error(`Not refused: ${words.join(" ")}`);
}

function collected(): { readonly output: Output; readonly text: () => string } {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const output = { write, taken: () => undefined, isTerminal: false, columns: 80, colour: false };
  return { output, text: () => text };
}
