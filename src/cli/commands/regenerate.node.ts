/** `etude regenerate`: makes a sound again. */

import { parse, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { namedSound } from "../../sound/work/named-sound.node.ts";
import { regenerate } from "../../sound/work/regenerate.node.ts";
import { audioFacts } from "../../sound/work/sound-record.ts";
import { soundWriter } from "../../sound/work/write-made.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { fileFormatOf } from "../file-format.node.ts";
import { shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"regenerate">,
): Promise<ExitCode> {
  const { workingFolder, settings, signal, stdout, stderr, json } = context;
  const record = await namedSound(context, values.sound);
  const { model } = values;
  const tools = { places: context, signal, ...(model !== undefined && { model }) };
  const { sound, isSame, reasons } = await regenerate(record, tools);
  if (!isSame && !values.anyway) {
    throw new UserError({
      code: "sound-differs",
      message: `Cannot make the same sound again: ${reasons.join("; ")}`,
      hint: "Add --anyway to write the sound that comes out.",
    });
  }
  if (!isSame) stderr.write(`warning: it is not the same sound: ${reasons.join("; ")}\n`);
  const folder = resolve(workingFolder, values.outputDir ?? settings.paths.generated);
  const made = isSame ? record : { ...record, audio: await audioFacts(sound) };
  const write = await soundWriter(folder, fileFormatOf(values));
  const name = parse(record.file.name).name;
  const { path, sidecar } = await write({ sound, record: made, name });
  const report = { path, sidecar, isSame, reasons, sha256: made.audio.sha256 };
  if (json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else stdout.write(`${shownPath(context, path)}\n`);
  return 0;
}
