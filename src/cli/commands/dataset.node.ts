/** `etude dataset`: names for recordings, kept in the library. */

import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { padEnd, plainText } from "../../show/draw/width.ts";
import { formatQuantity } from "../../show/numbers.ts";
import {
  addToDataset,
  type Dataset,
  listDatasets,
  missingSources,
  readDataset,
  removeDataset,
} from "../../sound/library/datasets.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";

export async function add(
  context: CommandContext,
  { name, paths, history }: CommandValues<"dataset add">,
): Promise<ExitCode> {
  const { settings, workingFolder, signal } = context;
  const library = settings.paths.datasets;
  if (paths.length + history.length === 0) throw nothingToAdd(name);
  if (history.length > 0) {
    const { pickSounds } = await import("../../sound/work/pick-sounds.node.ts");
    await pickSounds(context, { dataset: bare(name), ids: history, signal });
  }
  const absolute = paths.map((path) => resolve(workingFolder, path));
  const dataset =
    absolute.length > 0
      ? await addToDataset(library, bare(name), absolute)
      : await readDataset(library, bare(name));
  await printDataset(context, dataset);
  context.stderr.write(`Use it wherever a FOLDER goes: etude train @${dataset.name}\n`);
  return 0;
}

export async function list(
  context: CommandContext,
  _values: CommandValues<"dataset list">,
): Promise<ExitCode> {
  const { stdout, stderr, json, settings } = context;
  const datasets = await listDatasets(settings.paths.datasets, ({ message, hint }) =>
    stderr.write(`warning: ${message}\n  ${hint}\n`),
  );
  if (json) {
    const facts = await Promise.all(datasets.map(factsOf));
    stdout.write(`${JSON.stringify({ datasets: facts }, null, 2)}\n`);
    return 0;
  }
  const width = Math.max(0, ...datasets.map(({ name }) => name.length));
  for (const dataset of datasets) {
    const line = `${padEnd(`@${dataset.name}`, width + 1)}  ${summaryOf(dataset)}\n`;
    stdout.write(peopleText(line, stdout));
  }
  if (datasets.length === 0) {
    stderr.write("There is no dataset yet. Make one with: etude dataset add NAME FOLDER\n");
  }
  return 0;
}

export async function info(
  context: CommandContext,
  { name }: CommandValues<"dataset info">,
): Promise<ExitCode> {
  await printDataset(context, await readDataset(context.settings.paths.datasets, bare(name)));
  return 0;
}

export async function remove(
  context: CommandContext,
  { name }: CommandValues<"dataset remove">,
): Promise<ExitCode> {
  const { stdout, stderr, json, settings } = context;
  const dataset = await removeDataset(settings.paths.datasets, bare(name));
  if (json) stdout.write(`${JSON.stringify({ removed: await factsOf(dataset) }, null, 2)}\n`);
  stderr.write(
    `Forgot the name "${dataset.name}". Its recordings and what was trained on them stay.\n`,
  );
  return 0;
}

function nothingToAdd(name: string): UserError {
  return new UserError({
    code: "usage",
    message: `Cannot add to the dataset "${name}": found nothing to add`,
    hint: "Give folders or files of recordings, or --history ID.",
    exitCode: 2,
  });
}

/** "@rain" is accepted too, since that is how a dataset is used. */
function bare(name: string): string {
  return name.replace(/^@/, "");
}

async function printDataset({ stdout, json }: CommandContext, dataset: Dataset): Promise<void> {
  const facts = await factsOf(dataset);
  if (json) {
    stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
    return;
  }
  stdout.write(peopleText(`@${dataset.name}  ${summaryOf(dataset)}\n`, stdout));
  for (const { path, missing } of facts.sources) {
    stdout.write(`  ${plainText(path)}${missing ? "  (no longer there)" : ""}\n`);
  }
}

async function factsOf(dataset: Dataset) {
  const missing = new Set((await missingSources(dataset)).map(({ path }) => path));
  const sources = dataset.sources.map((source) => ({
    ...source,
    missing: missing.has(source.path),
  }));
  return { name: dataset.name, folder: dataset.folder, sources };
}

function summaryOf({ sources }: Dataset): string {
  const folders = sources.filter(({ kind }) => kind === "folder").length;
  const parts = [
    ...(folders === 0 ? [] : [formatQuantity(folders, "folder")]),
    ...(sources.length === folders ? [] : [formatQuantity(sources.length - folders, "file")]),
  ];
  return parts.join(", ");
}
