/** `etude model`: the library of models. */

import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { plainText } from "../../show/draw/width.ts";
import { formatBytes, formatQuantity } from "../../show/numbers.ts";
import { findManifest, selectModels } from "../../sound/library/find-model.ts";
import { readModels, trashFolder } from "../../sound/library/model-library.node.ts";
import type { ModelManifest } from "../../sound/library/model-manifest.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { modelInfoLines, modelLines } from "../text/models-text.ts";

export async function list(
  context: CommandContext,
  { words, tag, sort, reverse, trash }: CommandValues<"model list">,
): Promise<ExitCode> {
  const { stderr, json, stdout } = context;
  const models = selectModels(modelsOf(context, { trash }), { words, tags: tag, sort, reverse });
  if (json) {
    stdout.write(`${JSON.stringify({ models }, null, 2)}\n`);
    return 0;
  }
  for (const line of modelLines(models)) stdout.write(peopleText(`${line}\n`, stdout));
  if (models.length > 0) return 0;
  const isAll = words.length === 0 && tag.length === 0;
  if (trash && isAll) stderr.write("The trash is empty.\n");
  else if (isAll) stderr.write("There is no model yet. Train one with: etude train FOLDER\n");
  else stderr.write("No model fits.\n");
  return 0;
}

export async function info(
  context: CommandContext,
  { model }: CommandValues<"model info">,
): Promise<ExitCode> {
  tellModel(context, found(context, model));
  return 0;
}

export async function rename(
  context: CommandContext,
  { model, name }: CommandValues<"model rename">,
): Promise<ExitCode> {
  const { renameModel } = await import("../../sound/library/change-model.node.ts");
  const { id } = found(context, model);
  tellModel(context, await renameModel(libraryOf(context), id, name));
  return 0;
}

export async function describe(
  context: CommandContext,
  { model, words }: CommandValues<"model describe">,
): Promise<ExitCode> {
  const { describeModel } = await import("../../sound/library/change-model.node.ts");
  const { id } = found(context, model);
  tellModel(context, await describeModel(libraryOf(context), id, words.join(" ")));
  return 0;
}

export async function tag(
  context: CommandContext,
  { model, tags, remove }: CommandValues<"model tag">,
): Promise<ExitCode> {
  const { tagModel } = await import("../../sound/library/change-model.node.ts");
  const { id } = found(context, model);
  tellModel(context, await tagModel(libraryOf(context), id, { add: tags, remove }));
  return 0;
}

/** `model delete`; the name is a word of the language. */
export async function remove(
  context: CommandContext,
  { models }: CommandValues<"model delete">,
): Promise<ExitCode> {
  const { trashModel } = await import("../../sound/library/model-library.node.ts");
  const meant = unique(models.map((given) => found(context, given)));
  for (const { id } of meant) await trashModel(libraryOf(context), id);
  if (context.json) context.stdout.write(`${JSON.stringify({ deleted: meant }, null, 2)}\n`);
  for (const { name, id } of meant) {
    context.stderr.write(
      `Moved "${plainText(name)}" to the trash; back with: etude model undelete ${id}\n`,
    );
  }
  return 0;
}

export async function undelete(
  context: CommandContext,
  { models }: CommandValues<"model undelete">,
): Promise<ExitCode> {
  const { restoreModel } = await import("../../sound/library/model-library.node.ts");
  const inTrash = modelsOf(context, { trash: true });
  const meant = unique(models.map((given) => findManifest(inTrash, given)));
  const restored: ModelManifest[] = [];
  for (const { id } of meant) restored.push(await restoreModel(libraryOf(context), id));
  if (context.json) context.stdout.write(`${JSON.stringify({ restored }, null, 2)}\n`);
  else for (const { name } of restored) context.stdout.write(`${plainText(name)}\n`);
  return 0;
}

export async function emptyTrash(
  context: CommandContext,
  { yes }: CommandValues<"model empty-trash">,
): Promise<ExitCode> {
  const { emptyTrash: empty } = await import("../../sound/library/model-library.node.ts");
  const count = modelsOf(context, { trash: true }).length;
  if (!yes && count > 0) {
    throw new UserError({
      code: "not-confirmed",
      message: `Cannot empty the trash without confirmation: ${formatQuantity(count, "model")} would be gone for good`,
      hint: "Look with `etude model list --trash`, then add --yes.",
      exitCode: 2,
    });
  }
  const { models, bytes } = await empty(libraryOf(context));
  if (context.json) context.stdout.write(`${JSON.stringify({ models, bytes }, null, 2)}\n`);
  else context.stderr.write(`Deleted ${formatQuantity(models, "model")}, ${formatBytes(bytes)}.\n`);
  return 0;
}

/** `model import`; the name is a word of the language. */
export async function take(
  context: CommandContext,
  { paths, name }: CommandValues<"model import">,
): Promise<ExitCode> {
  const { workingFolder, clock, stdout, stderr, json } = context;
  if (name !== undefined && paths.length > 1) {
    throw new UserError({
      code: "one-name",
      message: `Cannot call ${paths.length} models "${name}": --name is for a single one`,
      hint: "Import them one by one, or rename them afterwards.",
      exitCode: 2,
    });
  }
  const { keepModel } = await import("../../sound/work/keep-model.node.ts");
  const { requireModelName } = await import("../../sound/library/change-model.node.ts");
  if (name !== undefined) requireModelName(name);
  const imported: (ModelManifest & { isNew: boolean })[] = [];
  for (const path of paths) {
    const { manifest, isNew } = await keepModel(resolve(workingFolder, path), {
      library: libraryOf(context),
      nowWallMs: clock.wallMs(),
      ...(name !== undefined && { name }),
    });
    imported.push({ ...manifest, isNew });
    if (!isNew) stderr.write(`"${plainText(manifest.name)}" was in the library already.\n`);
    if (!json) stdout.write(`${plainText(manifest.name)}\n`);
  }
  if (json) stdout.write(`${JSON.stringify({ imported }, null, 2)}\n`);
  return 0;
}

/** `model export`; the name is a word of the language. */
export async function write(
  context: CommandContext,
  { model, file, overwrite }: CommandValues<"model export">,
): Promise<ExitCode> {
  const { exportModel } = await import("../../sound/work/export-model.node.ts");
  const { modelPaths } = await import("../../sound/library/model-library.node.ts");
  const about = found(context, model);
  const target = resolve(context.workingFolder, file);
  const source = modelPaths(libraryOf(context), about.id).model;
  await exportModel(source, target, { about, overwrite });
  const { stdout, json } = context;
  if (json) stdout.write(`${JSON.stringify({ path: target, id: about.id }, null, 2)}\n`);
  else {
    const { shownPath } = await import("../training.node.ts");
    stdout.write(`${shownPath(context, target)}\n`);
  }
  return 0;
}

/** `model export-onnx`. */
export async function writeOnnx(
  context: CommandContext,
  { model: given, outputDir, overwrite }: CommandValues<"model export-onnx">,
): Promise<ExitCode> {
  const { exportOnnxFiles } = await import("../../sound/work/export-model.node.ts");
  const { fileSafe } = await import("../../sound/work/file-safe.ts");
  const { findModel, openFoundModel } = await import("../../sound/work/find-model.node.ts");
  const { openRuntime } = await import("../../sound/tensor/ort.node.ts");
  const { engineOf, shownPath } = await import("../training.node.ts");
  const { device, threads } = engineOf(context, undefined);
  const found = await findModel(context, given);
  const tools = {
    runtime: await openRuntime({ kind: device, threads }),
    signal: context.signal,
  };
  const model = await openFoundModel(found, tools);
  const folder = outputDir ?? `onnx/${fileSafe(model.description.name)}`;
  const { paths, description } = await exportOnnxFiles(model, {
    folder: resolve(context.workingFolder, folder),
    overwrite,
  });
  const { stdout, json } = context;
  if (json) stdout.write(`${JSON.stringify({ paths, description }, null, 2)}\n`);
  else for (const path of paths) stdout.write(`${shownPath(context, path)}\n`);
  return 0;
}

export async function repair(
  context: CommandContext,
  { dryRun }: CommandValues<"model repair">,
): Promise<ExitCode> {
  const { repairLibrary } = await import("../../sound/work/repair-library.node.ts");
  const { stdout, stderr, json, clock } = context;
  const problems = await repairLibrary(libraryOf(context), { dryRun, nowWallMs: clock.wallMs() });
  if (json) stdout.write(`${JSON.stringify({ dryRun, problems }, null, 2)}\n`);
  else {
    for (const { path, problem, remedy } of problems) {
      stdout.write(
        `${plainText(path)}: ${plainText(problem)}; ${dryRun ? "would be " : ""}${remedy}\n`,
      );
    }
    if (problems.length === 0) stderr.write("The library is in order.\n");
  }
  return 0;
}

function libraryOf({ settings }: CommandContext): string {
  return settings.paths.models;
}

function modelsOf(
  context: CommandContext,
  { trash = false }: { readonly trash?: boolean } = {},
): ModelManifest[] {
  const library = libraryOf(context);
  return readModels(trash ? trashFolder(library) : library, ({ message, hint }) =>
    context.stderr.write(`warning: ${message}\n  ${hint}\n`),
  );
}

function found(context: CommandContext, given: string): ModelManifest {
  return findManifest(modelsOf(context), given);
}

function unique(models: readonly ModelManifest[]): ModelManifest[] {
  return [...new Map(models.map((model) => [model.id, model])).values()];
}

function tellModel({ stdout, json }: CommandContext, model: ModelManifest): void {
  if (json) stdout.write(`${JSON.stringify(model, null, 2)}\n`);
  else stdout.write(peopleText(`${modelInfoLines(model).join("\n")}\n`, stdout));
}
