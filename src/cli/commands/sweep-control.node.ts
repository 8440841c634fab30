/** `etude sweep-control`: one sound at nine positions, as files. */

import { resolve } from "node:path";
import { controlsOf } from "../../sound/work/controls.ts";
import { sweepControl } from "../../sound/work/sweep-control.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openNamedModel } from "../open-model.node.ts";
import { shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"sweep-control">,
): Promise<ExitCode> {
  const { clock, signal, stdout, settings, workingFolder } = context;
  const { runtime, model } = await openNamedModel(context, values);
  const asked = controlsOf(model.analysis, { asked: { [values.control]: 0 } });
  const [control = values.control] = Object.keys(asked ?? {});
  const { seed, quality } = values;
  const swept = await sweepControl(
    model,
    {
      control,
      folder: resolve(workingFolder, values.outputDir ?? settings.paths.generated),
      request: { version: 1, seed, sampleRate: 48_000, quality },
    },
    { runtime, clock, signal },
  );
  const paths = [...swept.files.map(({ path }) => path), swept.sheet];
  const text = context.json
    ? JSON.stringify(swept, null, 2)
    : paths.map((path) => shownPath(context, path)).join("\n");
  stdout.write(`${text}\n`);
  return 0;
}
