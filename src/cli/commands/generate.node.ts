/** `etude generate`: writes new sounds to files. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { wrongUsage } from "../../options/read-value.ts";
import { SEEDS } from "../../random.ts";
import { formatProgress } from "../../show/numbers.ts";
import type { LoopTime } from "../../sound/latent/loop/loop-time.ts";
import type { Model } from "../../sound/model/model-file.ts";
import { applyPreset } from "../../sound/work/apply-preset.node.ts";
import { blendFiles } from "../../sound/work/blend-files.node.ts";
import { controlsOf } from "../../sound/work/controls.ts";
import {
  type GeneratedFile,
  type GenerateFilesOptions,
  type GenerateFilesTools,
  generateFiles,
} from "../../sound/work/generate-files.node.ts";
import { blendedModels } from "../../sound/work/maker-of-record.node.ts";
import { openSoundCrew } from "../../sound/work/sound-crew.node.ts";
import { soundFolder } from "../../sound/work/sound-folder.node.ts";
import type { SoundRequest } from "../../sound/work/sound-request.ts";
import { startOfFile } from "../../sound/work/start-file.node.ts";
import type { SoundFileOptions } from "../../sound/work/write-made.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { namedPositions } from "../control-values.ts";
import { fileFormatOf } from "../file-format.node.ts";
import { givenFields } from "../given-fields.node.ts";
import { keepWithinLimit, remember } from "../history-hook.node.ts";
import { openNamedModel } from "../open-model.node.ts";
import { progressLine } from "../progress-line.ts";
import { grainsOf, spaceOf } from "../space-values.ts";
import { shownPath } from "../training.node.ts";

/** Each thread holds the model: some 150 MB. */
const CREW_MOST = 4;
/** For fewer sounds, threads would hardly have begun. */
const BATCH_LEAST = 4;

/** `--density 5` doubles the onset rate. */
const POSITIONS_PER_OCTAVE = 5;

export async function run(
  context: CommandContext,
  values: CommandValues<"generate">,
): Promise<ExitCode> {
  // Faulty options are reported before a model is looked for.
  const asked = namedPositions(values.control);
  const { request: plain, file } = requestOf(context, values);
  const { runtime, found, model } = await openNamedModel(context, values);
  const { workingFolder } = context;
  const from =
    values.from === undefined
      ? undefined
      : await startOfFile(resolve(workingFolder, values.from), { model, runtime });
  const { preset, morph } = values;
  const choice = { library: context.settings.paths.models, found, model, preset, morph };
  const made = await applyPreset(
    choice,
    { request: { ...plain, ...(from && { from }) }, file },
    givenFields(context),
  );
  const positions = { ...made.request.controls, ...asked };
  const controls = controlsOf(model.analysis, {
    asked: positions,
    isRandom: values.randomControls,
  });
  const options = {
    folder: await soundFolder(context, values.outputDir, found.path),
    count: values.count,
    ...made,
    request: { ...made.request, ...(controls && { controls }) },
    randomControls: values.randomControls,
  };
  const { blend } = options.request;
  await writeAndTell(context, values, async (tools) => {
    if (blend === undefined) return generated(model, options, { ...tools, runtime });
    // A preset that was saved from a blend.
    requireNotRandom(values);
    const opening = { places: context, runtime, signal: context.signal };
    const parts = await blendedModels(blend, opening);
    return blendFiles({ parts, mode: blend.mode }, options, { ...tools, runtime });
  });
  return 0;
}

/** A batch is made by several threads, where the machine has cores for them. */
async function generated(
  model: Model,
  options: GenerateFilesOptions,
  tools: GenerateFilesTools,
): Promise<readonly GeneratedFile[]> {
  const size = Math.min(availableParallelism(), options.count, CREW_MOST);
  if (size < 2 || options.count < BATCH_LEAST) return generateFiles(model, options, tools);
  const crew = await openSoundCrew(model, tools.runtime, size);
  try {
    return await generateFiles(model, options, { ...tools, crew });
  } finally {
    await crew.close();
  }
}

function requireNotRandom({ randomControls }: CommandValues<"generate">): void {
  if (!randomControls) return;
  throw wrongUsage(
    "Cannot draw the controls of a blend: their ranges belong to one model",
    "Leave --random-controls out.",
  );
}

/** The options that all commands have that make sounds. */
type SoundValues = Omit<
  CommandValues<"generate">,
  "model" | "preset" | "morph" | "randomControls" | "from"
>;

/** What is asked for, before any model is opened. @throws UserError "usage". */
export function requestOf(
  { clock }: CommandContext,
  values: SoundValues,
): Omit<GenerateFilesOptions, "folder" | "file"> & { readonly file: SoundFileOptions } {
  return {
    count: values.count,
    request: soundRequest(values, values.seed ?? clock.wallMs() % SEEDS),
    file: fileOptions(values),
  };
}

/** Shows progress and paths, and keeps the sounds in the history. */
export async function writeAndTell(
  context: CommandContext,
  values: SoundValues,
  write: (tools: Omit<GenerateFilesTools, "runtime">) => Promise<readonly GeneratedFile[]>,
): Promise<void> {
  const progress = progressLine(context);
  const written = await write({
    clock: context.clock,
    ...(values.history && { onSound: (sound) => remember(context, sound) }),
    onProgress: (filesDone) => progress.show(progressText(filesDone, values.count)),
    onFile: ({ path, closeness }) => {
      progress.clear();
      if (closeness.reading === "copy") {
        context.stderr.write(
          `warning: ${shownPath(context, path)} is nearly a copy of a recording (etude ancestors)\n`,
        );
      }
      if (!context.json) context.stdout.write(`${shownPath(context, path)}\n`);
    },
  });
  if (values.history) await keepWithinLimit(context);
  if (context.json) context.stdout.write(`${JSON.stringify(written, null, 2)}\n`);
}

function soundRequest(values: SoundValues, seed: number): SoundRequest {
  const sampleRate = Number(values.sampleRate);
  const grains = grainsOf(values.grains);
  const space = spaceOf(values);
  return {
    version: 1,
    seed,
    sampleRate,
    ...(values.duration !== undefined && { length: Math.round(values.duration * sampleRate) }),
    ...(values.mode !== undefined && { mode: values.mode }),
    ...(values.loop && { loop: loopTime(values) }),
    evolution: values.evolution,
    density: 2 ** (values.density / POSITIONS_PER_OCTAVE),
    ...(values.note !== undefined && { note: values.note }),
    ...(values.transpose !== 0 && { transpose: values.transpose }),
    ...(values.formants === "move" && { formants: values.formants }),
    quality: values.quality,
    ...(grains && { grains }),
    ...(space && { space }),
  };
}

function loopTime({ bars, bpm, meter, duration }: SoundValues): LoopTime {
  if (duration !== undefined) {
    throw new UserError({
      code: "loop-duration",
      message:
        "Cannot make a loop of a duration: found --duration with --loop, need --bars and --bpm",
      hint: "A second is half a bar at 120 beats a minute.",
      exitCode: 2,
    });
  }
  const [beatsPerBar = 4, beatUnit = 4] = meter.split("/").map(Number);
  return { bars, bpm, beatsPerBar, beatUnit };
}

function fileOptions(values: SoundValues): SoundFileOptions {
  const { title, artist, album, comment } = values;
  return {
    ...fileFormatOf(values),
    tags: {
      ...(title !== undefined && { title }),
      ...(artist !== undefined && { artist }),
      ...(album !== undefined && { album }),
      ...(comment !== undefined && { comment }),
    },
  };
}

function progressText(filesDone: number, count: number): string {
  const which = count === 1 ? "" : ` ${Math.min(count, Math.floor(filesDone) + 1)} of ${count}`;
  return `making sound${which}: ${formatProgress(filesDone, count)}`;
}
