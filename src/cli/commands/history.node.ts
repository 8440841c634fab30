/** `etude history`: the sounds that were made. */

import { writeFile } from "node:fs/promises";
import { extname, parse, resolve } from "node:path";
import { notWritten } from "../../files.node.ts";
import { readBytes } from "../../options/read-bytes.ts";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { formatBytes, formatCount, formatQuantity } from "../../show/numbers.ts";
import type { HistoryFacts } from "../../sound/library/history-entry.ts";
import {
  deleteEntries,
  entryPaths,
  readHistory,
  rebuildIndex,
} from "../../sound/library/history-store.node.ts";
import { fitsWords } from "../../sound/library/sound-list.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { historyLines } from "../text/history-text.ts";

export async function list(
  context: CommandContext,
  { words, limit, all }: CommandValues<"history list">,
): Promise<ExitCode> {
  const { stdout, stderr, json } = context;
  const entries = await readHistory(historyOf(context));
  const found = words.length === 0 ? entries : entries.filter((entry) => fitsWords(entry, words));
  const shown = all ? found : found.slice(-limit);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (json) {
    const report = { total: entries.length, found: found.length, bytes, sounds: shown };
    stdout.write(`${JSON.stringify(report, null, all ? 0 : 2)}\n`);
    return 0;
  }
  const lines = historyLines(shown);
  if (lines.length > 0) stdout.write(peopleText(`${lines.join("\n")}\n`, stdout));
  if (entries.length === 0) {
    stderr.write("No sound was made yet. Make one with: etude generate MODEL\n");
    return 0;
  }
  const many = shown.length < entries.length ? `${formatCount(shown.length)} of ` : "";
  stderr.write(`${many}${formatQuantity(entries.length, "sound")}, ${formatBytes(bytes)}\n`);
  return 0;
}

export async function show(
  context: CommandContext,
  { id, thumbnail }: CommandValues<"history show">,
): Promise<ExitCode> {
  const { rememberedSound, thumbnailOf } = await import("../../sound/work/history.node.ts");
  const { historyInfoLines } = await import("../text/history-text.ts");
  const { waveformLine } = await import("../text/waveform-text.ts");
  const { unpackedWaveform } = await import("../../sound/library/history-entry.ts");
  const { stdout, json, workingFolder } = context;
  const facts = await found(context, id);
  const sound = await rememberedSound(historyOf(context), facts);
  if (thumbnail !== undefined) {
    const path = resolve(workingFolder, thumbnail);
    await writeFile(path, thumbnailOf(sound)).catch((cause: unknown) => {
      throw notWritten(path, cause);
    });
  }
  if (json) {
    stdout.write(`${JSON.stringify({ ...sound, bytes: facts.bytes }, null, 2)}\n`);
    return 0;
  }
  const unicode = wantsUnicode(process.env, process.platform);
  const width = Math.min(80, stdout.columns);
  const wave = waveformLine(unpackedWaveform(sound.history.waveform), { width, unicode });
  const text = [...historyInfoLines(sound, facts), wave.trimEnd()].join("\n");
  stdout.write(peopleText(`${text}\n`, stdout));
  return 0;
}

export async function playPath(
  context: CommandContext,
  { id }: CommandValues<"history play-path">,
): Promise<ExitCode> {
  const { restoreSound, soundOfEntry } = await import("../../sound/work/history.node.ts");
  const facts = await found(context, id);
  const history = historyOf(context);
  const tools = { places: context, signal: context.signal };
  if (facts.bytes === 0) await restoreSound(history, facts, tools);
  else await soundOfEntry(history, facts, tools);
  const path = entryPaths(history, facts).sound;
  if (context.json) context.stdout.write(`${JSON.stringify({ id: facts.id, path })}\n`);
  else context.stdout.write(`${path}\n`);
  return 0;
}

export async function regenerate(
  context: CommandContext,
  { ids, model }: CommandValues<"history regenerate">,
): Promise<ExitCode> {
  const { restoreSound } = await import("../../sound/work/history.node.ts");
  const { stdout, json, signal } = context;
  const made: { readonly id: string; readonly path: string }[] = [];
  for (const facts of await foundAll(context, ids)) {
    const tools = { places: context, signal, ...(model !== undefined && { model }) };
    await restoreSound(historyOf(context), facts, tools);
    const path = entryPaths(historyOf(context), facts).sound;
    made.push({ id: facts.id, path });
    if (!json) stdout.write(`${facts.id} is the same again\n`);
  }
  if (json) stdout.write(`${JSON.stringify({ regenerated: made }, null, 2)}\n`);
  return 0;
}

/** `history export`; the name is a word of the language. */
export async function write(
  context: CommandContext,
  { ids, outputDir, model, ...format }: CommandValues<"history export">,
): Promise<ExitCode> {
  const work = await import("../../sound/work/history.node.ts");
  const { soundWriter } = await import("../../sound/work/write-made.node.ts");
  const { shownPath } = await import("../training.node.ts");
  const { stdout, json, signal, settings, workingFolder } = context;
  const folder = resolve(workingFolder, outputDir ?? settings.paths.generated);
  const { fileFormatOf } = await import("../file-format.node.ts");
  const writeSound = await soundWriter(folder, fileFormatOf(format));
  const written: unknown[] = [];
  for (const facts of await foundAll(context, ids)) {
    const history = historyOf(context);
    const tools = { places: context, signal, ...(model !== undefined && { model }) };
    const sound = await work.soundOfEntry(history, facts, tools);
    const record = await work.rememberedSound(history, facts);
    const name = parse(record.file.name).name;
    const { path, sidecar } = await writeSound({ sound, record, name });
    const wallMs = context.clock.wallMs();
    await work.noteExport(history, facts, { wallMs, format: extname(path).slice(1), path });
    written.push({ id: facts.id, path, sidecar });
    if (!json) stdout.write(`${shownPath(context, path)}\n`);
  }
  if (json) stdout.write(`${JSON.stringify(written, null, 2)}\n`);
  return 0;
}

/** `history delete`; the name is a word of the language. */
export async function remove(
  context: CommandContext,
  { ids }: CommandValues<"history delete">,
): Promise<ExitCode> {
  const { stdout, stderr, json } = context;
  const entries = await foundAll(context, ids);
  await deleteEntries(historyOf(context), entries);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (json) stdout.write(`${JSON.stringify({ deleted: entries, bytes }, null, 2)}\n`);
  else stderr.write(`Deleted ${formatQuantity(entries.length, "sound")}, ${formatBytes(bytes)}.\n`);
  return 0;
}

export async function prune(
  context: CommandContext,
  { keep, dryRun }: CommandValues<"history prune">,
): Promise<ExitCode> {
  const { pruneHistory } = await import("../../sound/work/history.node.ts");
  const { stdout, stderr, json, settings } = context;
  const configured = settings.history.keepGb * 1e9 || Number.POSITIVE_INFINITY;
  const keepBytes = keep === undefined ? configured : readBytes("--keep", keep);
  const dropped = await pruneHistory(historyOf(context), { keepBytes, dryRun });
  const bytes = dropped.reduce((sum, entry) => sum + entry.bytes, 0);
  if (json) {
    stdout.write(`${JSON.stringify({ dryRun, bytes, sounds: dropped }, null, 2)}\n`);
    return 0;
  }
  const what = `${formatQuantity(dropped.length, "sound")}, ${formatBytes(bytes)}`;
  stderr.write(
    dropped.length === 0
      ? "There is nothing to delete.\n"
      : `${dryRun ? "Would delete" : "Deleted"} ${what}; what makes them again is kept.\n`,
  );
  return 0;
}

export async function repair(
  context: CommandContext,
  _values: CommandValues<"history repair">,
): Promise<ExitCode> {
  const sounds = await rebuildIndex(historyOf(context));
  if (context.json) context.stdout.write(`${JSON.stringify({ sounds })}\n`);
  else context.stderr.write(`The history holds ${formatQuantity(sounds, "sound")}.\n`);
  return 0;
}

function historyOf({ settings }: CommandContext): string {
  return settings.paths.history;
}

async function found(context: CommandContext, id: string): Promise<HistoryFacts> {
  const [entry] = await foundAll(context, [id]);
  if (entry === undefined) throw new RangeError("Cannot find no sound");
  return entry;
}

async function foundAll(context: CommandContext, ids: readonly string[]): Promise<HistoryFacts[]> {
  const { findEntry } = await import("../../sound/work/history.node.ts");
  const entries = await readHistory(historyOf(context));
  return ids.map((id) => findEntry(entries, id));
}
