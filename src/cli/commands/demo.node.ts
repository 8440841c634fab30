/** `etude demo`: the main job from start to end, on recordings made here or on one's own. */

import { mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { demoCorpus } from "../../audio/demo-corpus.ts";
import { writeWav } from "../../audio/wav-write.ts";
import { notWritten, replaceFile } from "../../files.node.ts";
import { openModel } from "../../run/train/open-model.node.ts";
import { makeRunFolder } from "../../run/train/run-folder.node.ts";
import { openRuntime } from "../../tensor/ort.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { requireFolder } from "../existing-folder.node.ts";
import { requireOutside } from "../outside-corpus.node.ts";
import { engineOf, quoted, runTraining, shownPath } from "../training.node.ts";
import { generateFiles } from "./generate.node.ts";
import { freeFolder } from "./train.node.ts";

const SOUND_SECONDS = 4;
const SAMPLE_RATE_HZ = 48_000;

/** A minute is too short for the preset's rhythm of previews. */
const EPOCHS_PER_PREVIEW = 10;

export async function run(
  context: CommandContext,
  values: CommandValues<"demo">,
): Promise<ExitCode> {
  const wanted = resolve(context.workingFolder, values.outputDir);
  const folder = await freeFolder(dirname(wanted), basename(wanted));
  const corpusFolder =
    values.folder === undefined
      ? join(folder, "recordings")
      : resolve(context.workingFolder, values.folder);
  if (values.folder === undefined) await renderRecordings(corpusFolder, values.seed);
  await requireFolder(corpusFolder);
  const runFolder = join(folder, "run");
  await requireOutside(runFolder, corpusFolder, "runs");
  await makeRunFolder(runFolder);
  const engine = engineOf(context, undefined);
  const code = await runTraining(context, {
    corpusFolder,
    runFolder,
    runFolderShown: shownPath(context, runFolder),
    name: values.folder === undefined ? "demo" : basename(corpusFolder),
    program: context.program,
    overrides: {
      seed: values.seed,
      minutes: values.minutes,
      epochsPerPreview: EPOCHS_PER_PREVIEW,
    },
    ...engine,
    resume: false,
  });
  if (code !== 0) return code;
  await writeSounds(context, values, { folder, runFolder, ...engine });
  return 0;
}

async function renderRecordings(folder: string, seed: number): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  for (const { name, sound } of demoCorpus(seed)) {
    await replaceFile(join(folder, `${name}.wav`), writeWav(sound, { encoding: "int24" }));
  }
}

async function writeSounds(
  context: CommandContext,
  { count, seed }: CommandValues<"demo">,
  run: { readonly folder: string; readonly runFolder: string } & ReturnType<typeof engineOf>,
): Promise<void> {
  const { stderr, stdout, signal } = context;
  const runtime = await openRuntime({ kind: run.device, threads: run.threads });
  const model = await openModel(run.runFolder, { runtime, signal });
  stderr.write("\nNew sounds, made by your model:\n");
  await generateFiles(model, {
    runtime,
    folder: join(run.folder, "sounds"),
    count,
    seed,
    encoding: "int24",
    sampleRate: SAMPLE_RATE_HZ,
    length: SOUND_SECONDS * SAMPLE_RATE_HZ,
    quality: "normal",
    onFile: ({ path }) => stdout.write(`${shownPath(context, path)}\n`),
  });
  const runShown = quoted(shownPath(context, run.runFolder));
  const advice: readonly [string, string][] = [
    [`npx etude generate ${runShown} --count 8 --duration 10`, "more sounds"],
    ["npx etude train FOLDER --minutes 10", "your own recordings"],
    [`npx etude evaluate ${runShown} FOLDER`, "how good it is, in numbers"],
  ];
  const width = Math.max(...advice.map(([command]) => command.length));
  const lines = advice.map(([command, meaning]) => `  ${command.padEnd(width)}   ${meaning}`);
  stderr.write(`\nWhat to try next:\n${lines.join("\n")}\n`);
}
