/** `--export FORMAT=PATH` and `--metrics-port`: exports a run to files and to a port. */

import { resolve } from "node:path";
import { messageOf, UserError } from "../errors.ts";
import type { RunEvent } from "../events/events.ts";
import { wrongUsage } from "../options/read-value.ts";
import type { Exporter } from "../show/metrics/exporter.ts";
import { type PieceWriter, pieceWriter, requireWritable } from "../show/metrics/files.node.ts";
import { EXPORT_FORMATS } from "../show/metrics/formats.ts";
import { type MetricsServer, openMetricsServer } from "../show/metrics/metrics-server.node.ts";
import { logsPath } from "../show/metrics/otlp.ts";
import { nearestWord } from "../suggest.ts";
import type { CommandContext } from "./context.ts";
import { runKinds } from "./run-kinds.ts";

export interface Exports {
  /**
   * @param shownMs When it is shown, in milliseconds since the show began. @default now
   * @throws UserError "disk-full" or "file-not-written", unless failures are taken by `onFailure`.
   */
  show(event: RunEvent, shownMs?: number): void;

  /** An event of an earlier stretch of the run: written, but not shown again. */
  recall(event: RunEvent): void;

  /** Writes what is left, and closes the port. @throws UserError like `show`. */
  close(): Promise<void>;
}

export interface ExportValues {
  readonly export: readonly string[];
  readonly metricsPort: number | undefined;
}

export interface ExportsOptions {
  /**
   * Takes the failure of one export, which then ends while the others and the run go on.
   *
   * @default it is thrown
   */
  readonly onFailure?: (failure: UserError) => void;
}

interface Sink {
  readonly exporter: Exporter;
  readonly writer: PieceWriter;
}

/**
 * Prints the address of the port on stderr.
 *
 * @throws UserError "usage" (exit code 2); "disk-full" or "file-not-written"; "port-taken" or
 *   "port-not-opened".
 */
export async function openExports(
  context: CommandContext,
  { export: words, metricsPort }: ExportValues,
  options: ExportsOptions = {},
): Promise<Exports> {
  const { clock, stderr } = context;
  const wanted = wantedExports(words, context);
  for (const { path, target } of wanted) requireWritable(path, target);
  const server =
    metricsPort === undefined ? undefined : await openMetricsServer(metricsPort, runKinds);
  if (server !== undefined) stderr.write(`metrics at ${server.address}\n`);
  let sinks: readonly Sink[] = wanted.map(({ open, path }) => {
    return { exporter: open({ path, clock, kinds: runKinds }), writer: pieceWriter({ clock }) };
  });
  const startedMs = clock.nowMs();

  /** A failed export is reported once, then ignored. */
  const each = (work: (sink: Sink) => void): void => {
    for (const sink of sinks) {
      try {
        work(sink);
      } catch (failure) {
        sinks = sinks.filter((other) => other !== sink);
        if (options.onFailure === undefined) throw failure;
        options.onFailure(failure instanceof UserError ? failure : ourFault(failure));
      }
    }
  };
  return exportsOf({ server, startedMs, each, clock });
}

/** A bug of ours in an observer must not end a run. */
function ourFault(cause: unknown): UserError {
  return new UserError({
    code: "export-failed",
    message: `Cannot export: ${messageOf(cause)}`,
    hint: "This is a bug in étude; the run itself is not harmed. Please report it.",
    cause,
  });
}

interface ExportsParts {
  readonly server: MetricsServer | undefined;
  readonly startedMs: number;
  readonly clock: CommandContext["clock"];
  each(work: (sink: Sink) => void): void;
}

function exportsOf({ server, startedMs, each, clock }: ExportsParts): Exports {
  const write = (event: RunEvent, shownMs: number | undefined): void => {
    server?.take(event);
    each(({ exporter, writer }) => writer.write(exporter.add(event, shownMs)));
  };
  return {
    show: (event, shownMs = clock.nowMs() - startedMs) => write(event, shownMs),
    recall: (event) => write(event, undefined),
    async close() {
      try {
        each(({ exporter, writer }) => {
          writer.write(exporter.end());
          writer.close();
        });
      } finally {
        await server?.close();
      }
    },
  };
}

/**
 * Checks before anything is written that the truth file and the exports do not overwrite each
 * other.
 *
 * @throws UserError "usage" (exit code 2), also for --export that cannot be.
 */
export function requireApart(
  {
    truth,
    export: words,
  }: { readonly truth?: string | undefined; readonly export: readonly string[] },
  context: Pick<CommandContext, "workingFolder">,
): void {
  const paths = wantedExports(words, context).flatMap(({ paths }) => paths);
  if (truth === undefined || !paths.includes(resolve(context.workingFolder, truth))) return;
  throw wrongUsage(
    `Cannot write --truth and --export to one file: found "${truth}" for both, need two`,
    "Give each of them a path of its own.",
  );
}

function wantedExports(
  words: readonly string[],
  { workingFolder }: Pick<CommandContext, "workingFolder">,
) {
  const wanted = words.map((word) => {
    const [, format = word, path = ""] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    const known = Object.hasOwn(EXPORT_FORMATS, format) ? EXPORT_FORMATS[format] : undefined;
    if (known === undefined || path === "") throw wrongExport(word, format, known !== undefined);
    const whole = resolve(workingFolder, path);
    const paths = format === "otlp" ? [whole, logsPath(whole)] : [whole];
    return { ...known, path: whole, paths };
  });
  const paths = wanted.flatMap((one) => one.paths);
  const twice = paths.find((path, index) => paths.indexOf(path) < index);
  if (twice !== undefined) {
    throw wrongUsage(`Cannot export to "${twice}" twice`, "Give each --export a path of its own.");
  }
  return wanted;
}

function wrongExport(word: string, format: string, isKnown: boolean): UserError {
  const formats = Object.keys(EXPORT_FORMATS);
  const nearest = isKnown ? undefined : nearestWord(format, formats);
  return wrongUsage(
    `Cannot use --export: found "${word}", need FORMAT=PATH, with one of ${formats.join(", ")}`,
    nearest === undefined
      ? `For example --export ${isKnown ? format : "csv"}=run.csv`
      : `Did you mean "${nearest}=..."?`,
  );
}
