/** A command line in, an exit code out. The only place that ends the process. */

import type { WriteStream } from "node:tty";
import { UserError } from "../errors.ts";
import { notWritten } from "../files.node.ts";
import { nodeClock } from "../host.node.ts";
import type { CommandSpec } from "../options/spec.ts";
import { programName } from "../package-name.node.ts";
import type { Config, ConfigPlace } from "../sound/library/config.node.ts";
import type { Settings } from "../sound/library/settings.ts";
import { aboutJson } from "./about-json.ts";
import { type CommandName, commands } from "./commands.ts";
import type { CommandContext, ExitCode } from "./context.ts";
import { type GuardedOutput, guardOutput } from "./output.node.ts";
import { type GlobalValues, parse, type Request } from "./parse.ts";
import { errorReport } from "./report-error.ts";
import { INTERRUPTED, listenForStop, READER_GONE } from "./stop-signals.node.ts";

const HELP_COLUMNS_MAX = 100;
/** Longest time for commands to end after a signal. */
const ENDS_WITHIN_MS = 2000;

const words = process.argv.slice(2);
const program = await programName();
const colour = !words.includes("--no-color");
const stderr = outputTo(process.stderr, colour);

process.on("uncaughtException", (error) => {
  stderr.write(reportOf(error));
  process.exit(1);
});

await leave(await main());

async function main(): Promise<number> {
  let request: Request;
  const columns = Math.min(process.stdout.columns || 80, HELP_COLUMNS_MAX);
  try {
    request = parse(words, { version: program, columns });
  } catch (error) {
    return failed(error);
  }
  if (request.kind === "command") return runCommand(request);
  const isAskedFor = request.kind === "text";
  const stdout = outputTo(process.stdout, colour);
  const text = isAskedFor && words.includes("--json") ? aboutJson(words, program) : request.text;
  (isAskedFor ? stdout : stderr).write(text);
  await stdout.flush();
  return isAskedFor ? 0 : 2;
}

async function runCommand(request: Request & { kind: "command" }): Promise<number> {
  const { name, values, given, globals } = request;
  const spec: CommandSpec = commands[name];
  let loaded: Loaded;
  try {
    loaded = await load(name, await configOf(globals, spec));
  } catch (error) {
    return failed(error);
  }
  const { run, config, problem } = loaded;
  for (const warning of config.warnings) {
    stderr.write(`warning: ${warning}\n`);
  }
  const settings = settingsOf(config, globals);
  // Only after everything is loaded: until then there is nothing to clean up, and bin/etude.mjs
  // exits at once.
  const { signal, stop } = listenForStop(spec.savesWhenCancelled === true, {
    endsWithinMs: spec.endsWhenStopped === true ? ENDS_WITHIN_MS : 0,
  });
  let unwritten: UserError | undefined;
  // Like SIGPIPE elsewhere: a closed pipe means that the reader is done.
  const onReaderGone = (error: NodeJS.ErrnoException): void => {
    if (error.code === "ENOSPC") unwritten = notWritten("stdout", error);
    stop(READER_GONE);
  };
  const stdout = outputTo(process.stdout, settings.general.colour, onReaderGone);
  let exitCode: number;
  try {
    const context: CommandContext = {
      stdout,
      stderr: outputTo(process.stderr, settings.general.colour),
      clock: nodeClock,
      signal,
      settings,
      config: { path: config.path, exists: config.exists, problem },
      given,
      isDeviceGiven: globals.device !== undefined,
      json: globals.json,
      verbose: settings.general.verbose,
      program,
      workingFolder: workingFolder(),
    };
    exitCode = await run(context, values as never);
  } catch (error) {
    exitCode = signal.aborted && isAbort(error, signal) ? INTERRUPTED : failed(error);
  }
  await stdout.flush();
  return unwritten === undefined ? exitCode : failed(unwritten);
}

function outputTo(
  stream: WriteStream,
  wantsColour: boolean,
  onReaderGone?: (error: NodeJS.ErrnoException) => void,
): GuardedOutput {
  return guardOutput(stream, {
    forPeople: stream === process.stderr,
    colour: wantsColour,
    environment: process.env,
    ...(onReaderGone !== undefined && { onReaderGone }),
  });
}

interface ConfigRead {
  readonly config: Config;
  readonly problem: { readonly message: string; readonly hint: string } | null;
}

interface Loaded extends ConfigRead {
  // The values were parsed with the options of this command, so they have its type.
  readonly run: (context: CommandContext, values: never) => Promise<ExitCode>;
}

async function load(name: CommandName, config: ConfigRead): Promise<Loaded> {
  // Loaded here, not above: `etude --help` needs none of it.
  const { handlers } = await import("./handlers.node.ts");
  const { run } = await handlers[name]();
  return { ...config, run: run as Loaded["run"] };
}

/** @throws UserError "working-folder-gone" if it was removed after the shell went there. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new UserError({
      code: "working-folder-gone",
      message: "Cannot work here: this folder no longer exists",
      hint: "Go to another folder and try again.",
      cause,
    });
  }
}

async function configOf(globals: GlobalValues, spec: CommandSpec): Promise<ConfigRead> {
  const { defaultConfig, loadConfig } = await import("../sound/library/config.node.ts");
  const place: ConfigPlace = {
    ...(globals.config !== undefined && { path: globals.config }),
    workingFolder: workingFolder(),
    environment: process.env,
  };
  try {
    return { config: await loadConfig(place), problem: null };
  } catch (error) {
    if (!(error instanceof UserError) || spec.runsWithBrokenConfig !== true) throw error;
    const { message, hint } = error;
    return { config: defaultConfig(place), problem: { message, hint } };
  }
}

function settingsOf({ settings }: Config, globals: GlobalValues): Settings {
  const { general, hardware } = settings;
  return {
    ...settings,
    general: {
      colour: general.colour && globals.color,
      verbose: general.verbose || globals.verbose,
    },
    hardware: { ...hardware, device: globals.device ?? hardware.device },
  };
}

function failed(error: unknown): number {
  stderr.write(reportOf(error));
  return error instanceof UserError ? error.exitCode : 1;
}

function reportOf(error: unknown): string {
  return errorReport(error, {
    ...(stderr.isTerminal && { columns: stderr.columns }),
    colour: stderr.colour,
    verbose: words.includes("--verbose") || words.includes("-v"),
    program: `${program}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  });
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}

/** A runtime's threads may keep the process alive after the work is done, so it is exited here. */
async function leave(exitCode: number): Promise<never> {
  await stderr.flush();
  process.exit(exitCode);
}
