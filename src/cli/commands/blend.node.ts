/** `etude blend`: writes new sounds of several models. */

import { wrongUsage } from "../../options/read-value.ts";
import { formatNumber } from "../../show/numbers.ts";
import { type BlendShare, blendWeights } from "../../sound/work/blend.ts";
import { type BlendedModel, blendFiles } from "../../sound/work/blend-files.node.ts";
import { controlsOf } from "../../sound/work/controls.ts";
import { findModel, openFoundModel } from "../../sound/work/find-model.node.ts";
import { soundFolder } from "../../sound/work/sound-folder.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { namedPositions } from "../control-values.ts";
import { runtimeOf } from "../open-model.node.ts";
import { requestOf, writeAndTell } from "./generate.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"blend">,
): Promise<ExitCode> {
  const { signal, stderr } = context;
  const shares = values.models.map(shareOf);
  const weights = blendWeights(shares);
  const asked = namedPositions(values.control);
  const wanted = requestOf(context, values);
  const runtime = await runtimeOf(context, values.threads);
  const parts: BlendedModel[] = [];
  let folder = "";
  for (const [i, { model: given }] of shares.entries()) {
    const found = await findModel(context, given);
    const model = await openFoundModel(found, { runtime, signal });
    parts.push({ model, weight: weights[i] ?? 0 });
    // Refused for the recordings of every one of them.
    folder = await soundFolder(context, values.outputDir, found.path);
  }
  const words = parts.map(
    ({ model, weight }) => `${model.description.name} ${formatNumber(100 * weight)} %`,
  );
  stderr.write(`blending ${words.join(", ")}\n`);
  const controls = controlsOf(parts.find(({ weight }) => weight > 0)?.model.analysis, {
    asked,
    isRandom: false,
  });
  const options = {
    ...wanted,
    folder,
    request: { ...wanted.request, ...(controls && { controls }) },
  };
  await writeAndTell(context, values, (tools) =>
    blendFiles({ parts, mode: values.blend }, options, { ...tools, runtime }),
  );
  return 0;
}

/** At the last colon, as drives and names have some too. */
function shareOf(text: string): BlendShare {
  const [, model = text, digits] = /^(.+):([^:/\\]*)$/s.exec(text) ?? [];
  if (digits === undefined) return { model: text, percent: undefined };
  const percent = digits === "" ? Number.NaN : Number(digits.replace(/%$/, ""));
  if (percent >= 0 && percent <= 100) return { model, percent };
  throw wrongUsage(
    `Cannot blend "${text}": found "${digits}" as percentage, need a number from 0 to 100`,
    "Write MODEL:PERCENT, or MODEL alone for what is left.",
  );
}
