/** `etude instrument`: samples and the files by which samplers play them, or one page that plays. */

import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import { loadPage } from "../../page-folder.node.ts";
import { formatBytes, formatProgress } from "../../show/numbers.ts";
import type { Model } from "../../sound/model/model-file.ts";
import { applyPreset } from "../../sound/work/apply-preset.node.ts";
import { controlsOf } from "../../sound/work/controls.ts";
import { fileSafe } from "../../sound/work/file-safe.ts";
import type {
  InstrumentFormat,
  WrittenInstrument,
} from "../../sound/work/instrument/instrument-plan.ts";
import { writeInstrument } from "../../sound/work/instrument/write-instrument.node.ts";
import { soundFolder } from "../../sound/work/sound-folder.node.ts";
import { type CarriedInstrument, packOneFile } from "../../studio/one-file.ts";
import { voiceView } from "../../studio/voice-view.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { namedPositions } from "../control-values.ts";
import { givenFields } from "../given-fields.node.ts";
import { openNamedModel } from "../open-model.node.ts";
import { progressLine } from "../progress-line.ts";
import { isStoppedBySignal } from "../stop-signals.node.ts";
import { shownPath } from "../training.node.ts";

const FORMATS: readonly InstrumentFormat[] = ["sfz", "dspreset", "multisample", "sf2"];

export async function run(
  context: CommandContext,
  values: CommandValues<"instrument">,
): Promise<ExitCode> {
  const { stderr, signal } = context;
  const asked = namedPositions(values.control);
  const keys = keysOf(values.keys);
  const formats = formatsOf(values.formats);
  const { runtime, found, model } = await openNamedModel(context, values);
  const plain = {
    version: 1 as const,
    seed: values.seed,
    sampleRate: Number(values.sampleRate),
    quality: values.quality,
    evolution: values.evolution,
  };
  const choice = { library: context.settings.paths.models, found, model, preset: values.preset };
  const asSaved = { request: plain, file: { format: "wav" } } as const;
  const { request } = await applyPreset(choice, asSaved, givenFields(context));
  const controls = controlsOf(model.analysis, {
    asked: { ...request.controls, ...asked },
    isRandom: false,
  });
  const positions = { ...controls };
  if (values.html !== undefined) {
    const name = values.name ?? model.description.name;
    return writePage(context, values.html, { model, name, seed: request.seed, positions });
  }
  const name = values.name ?? `${model.description.name}-${values.preset ?? request.seed}`;
  const folder = await soundFolder(context, values.outputDir, found.path);
  const options = {
    ...keys,
    name,
    formats,
    folder: values.outputDir === undefined ? join(folder, fileSafe(name)) : folder,
    step: values.step,
    velocities: values.velocities,
    roundRobins: values.roundRobins,
    loops: values.loop === true,
    secondsMax: values.seconds,
    encoding: values.bitDepth === "16" ? ("int16" as const) : ("int24" as const),
    request: { ...request, ...(controls && { controls }) },
  };
  const progress = progressLine(context);
  try {
    const written = await writeInstrument(model, options, {
      runtime,
      signal,
      onSample: (done, total, kept) => {
        const again = kept === 0 ? "" : `, ${kept} kept`;
        progress.show(`sample ${done} of ${total}${again}: ${formatProgress(done, total)}`);
      },
    }).finally(progress.clear);
    print(context, written);
    return 0;
  } catch (error) {
    if (!isStoppedBySignal(signal)) throw error;
    stderr.write(
      "Stopped. The samples that are finished stay; the same command goes on from there.\n",
    );
    return 3;
  }
}

/** @throws UserError "file-exists" (exit code 2), "page-not-built" and those of writing. */
async function writePage(
  context: CommandContext,
  file: string,
  { model, name, seed, positions }: PageParts,
): Promise<ExitCode> {
  const { signal, stdout, stderr, json, workingFolder } = context;
  const path = resolve(workingFolder, file);
  await requireFree(path, file);
  const page = await loadPage("instrument", signal);
  if (page === undefined) return 3;
  const { description, analysis, recipe } = model;
  const facts = {
    description,
    hasPitch: recipe.conditions.includes("pitch"),
    usualMode: "gesture",
  } as const;
  const view = voiceView("model", { ...facts, ...(analysis && { analysis }) }, name);
  const bytes = await packOneFile(page, model, { view, seed, positions });
  await replaceFile(path, bytes);
  stdout.write(
    json
      ? `${JSON.stringify({ path, bytes: bytes.length }, null, 2)}\n`
      : `${shownPath(context, path)}\n`,
  );
  stderr.write(`Wrote ${formatBytes(bytes.length)}: a browser opens it, offline too.\n`);
  return 0;
}

interface PageParts extends Pick<CarriedInstrument, "seed" | "positions"> {
  readonly model: Model;
  readonly name: string;
}

async function requireFree(path: string, shown: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  throw new UserError({
    code: "file-exists",
    message: `Cannot write "${shown}": it is there already`,
    hint: "Choose another name, or delete it first.",
    exitCode: 2,
  });
}

function print(context: CommandContext, written: WrittenInstrument): void {
  const { stdout, stderr, json } = context;
  if (json) {
    stdout.write(`${JSON.stringify(written, null, 2)}\n`);
    return;
  }
  for (const path of written.files) stdout.write(`${shownPath(context, path)}\n`);
  const kept = written.kept === 0 ? "" : `, ${written.kept} of them kept from before`;
  stderr.write(`Wrote ${written.samples} samples${kept}\n`);
}

function keysOf(text: string): { readonly lowKey: number; readonly highKey: number } {
  const [low = "", high = low, ...rest] = text.split("-");
  const [lowKey, highKey] = [Number(low), Number(high)];
  const areKeys = [lowKey, highKey].every((key) => Number.isInteger(key) && key >= 0 && key <= 127);
  if (low !== "" && rest.length === 0 && areKeys && lowKey <= highKey) return { lowKey, highKey };
  throw new UserError({
    code: "instrument-keys",
    message: `Cannot use --keys: found "${text}", need two MIDI notes from 0 to 127, as in 36-84`,
    hint: "60 is middle C; the 88 keys of a piano are 21-108.",
    exitCode: 2,
  });
}

function formatsOf(text: string): InstrumentFormat[] {
  return text.split(",").map((word) => {
    const format = FORMATS.find((one) => one === word.trim().toLowerCase());
    if (format !== undefined) return format;
    throw new UserError({
      code: "instrument-format",
      message: `Cannot use --formats: found "${word}", need one of ${FORMATS.join(", ")}`,
      hint: "Write them with commas between them.",
      exitCode: 2,
    });
  });
}
