/** `etude vary`: neighbours of a sound. */

import { resolve } from "node:path";
import { wrongUsage } from "../../options/read-value.ts";
import { openMaker } from "../../sound/work/maker-of-record.node.ts";
import { namedSound } from "../../sound/work/named-sound.node.ts";
import { type VaryOptions, varySound } from "../../sound/work/vary.node.ts";
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
  const around = aroundOf(context, values);
  const record = await namedSound(context, values.sound);
  const { model } = values;
  const runtime = await runtimeOf(context, values.threads);
  const given = { places: context, runtime, signal, ...(model !== undefined && { model }) };
  const maker = await openMaker(record, given);
  const options = {
    around,
    folder: resolve(workingFolder, values.outputDir ?? settings.paths.generated),
    file: fileFormatOf(values),
  };
  const made = await varySound({ record, maker }, options, {
    runtime,
    clock,
    signal,
    ...(values.history && { onSound: (one) => remember(context, one) }),
    onFile: (path) => {
      if (!json) stdout.write(`${shownPath(context, path)}\n`);
    },
  }).finally(() => maker.release());
  if (values.history) await keepWithinLimit(context);
  if (json) stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  else stdout.write(`${shownPath(context, made.sheet)}\n`);
  return 0;
}

/** @throws UserError "usage" where neighbours and a grid are asked for at once. */
function aroundOf(
  { given }: CommandContext,
  { grid, count, amount }: CommandValues<"vary">,
): VaryOptions["around"] {
  if (grid === undefined) return { count, amount };
  if (given.has("count") || given.has("amount")) {
    throw wrongUsage(
      "Cannot use --count or --amount with --grid: a grid has five by five positions",
      "Leave one of them out.",
    );
  }
  return { grid: grid.split(",").map((name) => name.trim()) };
}
