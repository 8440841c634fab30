/** `etude ancestors`: which recordings a sound comes from. */

import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { plainText } from "../../show/draw/width.ts";
import { formatFixed, formatPercent } from "../../show/numbers.ts";
import { readSound } from "../../sound/audio/codecs/read-sound.node.ts";
import { openCodec } from "../../sound/latent/codec.ts";
import type { Model } from "../../sound/model/model-file.ts";
import { type Ancestor, type Ancestors, ancestorsOf } from "../../sound/work/ancestors.ts";
import { type FoundModel, findModel, openFoundModel } from "../../sound/work/find-model.node.ts";
import { modelInLibrary } from "../../sound/work/maker-of-record.node.ts";
import { recordingNames } from "../../sound/work/recording-names.node.ts";
import { recordBeside } from "../../sound/work/regenerate.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { runtimeOf } from "../open-model.node.ts";
import { peopleText } from "../people-text.ts";
import { columns } from "../text/models-text.ts";

export async function run(
  context: CommandContext,
  { files, model: given, threads }: CommandValues<"ancestors">,
): Promise<ExitCode> {
  const { stdout, json, signal, workingFolder } = context;
  const runtime = await runtimeOf(context, threads);
  const report: (Ancestors & { readonly path: string })[] = [];
  const opened = new Map<string, Model>();
  for (const file of files) {
    const path = resolve(workingFolder, file);
    const sound = await readSound(path);
    const ofModels: Ancestors[] = [];
    for (const found of await modelsFor(context, path, given)) {
      const model = opened.get(found.path) ?? (await openFoundModel(found, { runtime, signal }));
      opened.set(found.path, model);
      const codec = await openCodec(runtime, model.recipe, model.layout);
      ofModels.push(await ancestorsOf(sound, { codec, model }, await recordingNames(found)));
      await codec.release();
    }
    const ancestors = ofModels.reduce((a, b) => (b.novelty < a.novelty ? b : a));
    report.push({ path, ...ancestors });
    if (!json) stdout.write(peopleText(`${ancestorLines(file, ancestors).join("\n")}\n`, stdout));
  }
  if (json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  return 0;
}

/** Of a blend all of its models: the recordings of the one that it is nearest to are reported. */
async function modelsFor(
  context: CommandContext,
  path: string,
  given: string | undefined,
): Promise<FoundModel[]> {
  if (given !== undefined) return [await findModel(context, given)];
  const record = await recordBeside(path).catch(() => {
    throw new UserError({
      code: "ancestors-of-what",
      message: `Cannot find the ancestors of "${path}": no NAME.json beside it says which model made it`,
      hint: "Name the model with --model.",
      exitCode: 2,
    });
  });
  const { model, request } = record;
  const heard = request.blend?.parts.filter(({ weight }) => weight > 0) ?? [{ model }];
  return heard.map((part) => modelInLibrary(part.model, context));
}

const READINGS: Readonly<Record<Ancestors["reading"], string>> = {
  copy: "nearly a copy of a recording",
  close: "nearer to the recordings than they are to each other",
  new: "as far from the recordings as they are from each other, or farther",
};

const SHOWN_MAX = 5;

function ancestorLines(file: string, ancestors: Ancestors): string[] {
  const { novelty, reading, copiedSeconds, nearest, seconds } = ancestors;
  const warning = reading === "copy" ? "warning: " : "";
  const copied =
    reading === "copy" && copiedSeconds > 0
      ? `, ${formatFixed(copiedSeconds, 1)} s of it step by step`
      : "";
  const bySecond = seconds.map((second, i) => [
    `  ${i} s`,
    second.slice(0, 3).map(shareText).join(", ") || "silence",
  ]);
  return [
    `${plainText(file)}: ${warning}${READINGS[reading]}${copied}; novelty ${formatFixed(novelty, 2)}`,
    `  ${nearest.slice(0, SHOWN_MAX).map(shareText).join(", ")}`,
    ...columns(bySecond),
  ];
}

function shareText({ name, sha256, share }: Ancestor): string {
  const who = name ?? sha256?.slice(0, 8) ?? "a recording";
  return `${plainText(who)} ${formatPercent(share)}`;
}
