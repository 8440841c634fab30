/** `etude vary`: neighbours of a sound. */

import { resolve } from "node:path";
import { findModel } from "../../sound/work/find-model.node.ts";
import { namedSound } from "../../sound/work/named-sound.node.ts";
import { modelOfRecord } from "../../sound/work/regenerate.node.ts";
import { varySound } from "../../sound/work/vary.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { fileFormatOf } from "../file-format.node.ts";
import { keepWithinLimit, remember } from "../history-hook.node.ts";
import { runtimeOf } from "../open-model.node.ts";
import { shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"vary">,
): Promise<ExitCode> {
  const { settings, workingFolder, clock, signal, stdout, json } = context;
  const record = await namedSound(context, values.sound);
  const found =
    values.model === undefined
      ? modelOfRecord(record, context)
      : await findModel(context, values.model);
  const runtime = await runtimeOf(context, values.threads);
  const options = {
    count: values.count,
    amount: values.amount,
    folder: resolve(workingFolder, values.outputDir ?? settings.paths.generated),
    file: fileFormatOf(values),
  };
  const made = await varySound({ record, found }, options, {
    runtime,
    clock,
    signal,
    ...(values.history && { onSound: (one) => remember(context, one) }),
    onFile: (path) => {
      if (!json) stdout.write(`${shownPath(context, path)}\n`);
    },
  });
  if (values.history) await keepWithinLimit(context);
  if (json) stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  else stdout.write(`${shownPath(context, made.sheet)}\n`);
  return 0;
}
