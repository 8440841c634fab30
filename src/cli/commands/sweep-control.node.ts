/** `etude sweep-control`: one sound at nine positions, as files. */

import { resolve } from "node:path";
import { openRuntime } from "../../sound/tensor/ort.node.ts";
import { controlsOf } from "../../sound/work/controls.ts";
import { findModel, openFoundModel } from "../../sound/work/find-model.node.ts";
import { sweepControl } from "../../sound/work/sweep-control.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { engineOf, shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"sweep-control">,
): Promise<ExitCode> {
  const { clock, signal, stdout, settings, workingFolder } = context;
  const { device, threads } = engineOf(context, values.threads);
  const runtime = await openRuntime({ kind: device, threads });
  const model = await openFoundModel(await findModel(context, values.model), { runtime, signal });
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
