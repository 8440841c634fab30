/**
 * `etude demo`: trains and generates from start to end, on synthesised recordings or the user's
 * own.
 */

import { basename, dirname, join, resolve } from "node:path";
import { makeFolder, makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { demoCorpus } from "../../sound/audio/corpus/demo-corpus.ts";
import { openRuntime } from "../../sound/tensor/ort.node.ts";
import type { FolderJob } from "../../sound/train/job.ts";
import { openModel } from "../../sound/train/open-model.node.ts";
import { makeRunFolder } from "../../sound/train/run-folder.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { requireFolder } from "../../sound/work/existing-folder.node.ts";
import { freeFolder } from "../../sound/work/free-folder.node.ts";
import { generateFiles } from "../../sound/work/generate-files.node.ts";
import { defaultOutside, requireOutside } from "../../sound/work/outside-corpus.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { remember } from "../history-hook.node.ts";
import { quotedWord } from "../quoted-word.ts";
import {
  engineOf,
  memoryLimitOf,
  openTrainingExports,
  runTraining,
  shownPath,
  trainingEngineOf,
} from "../training.node.ts";

const SOUND_SECONDS = 4;
const SAMPLE_RATE_HZ = 48_000;

/** A minute is too short for the preset's interval of previews. */
const EPOCHS_PER_PREVIEW = 10;

export async function run(
  context: CommandContext,
  values: CommandValues<"demo">,
): Promise<ExitCode> {
  const exports = await openTrainingExports(context, values);
  const given =
    values.folder === undefined ? undefined : await corpusFolderOf(context, values.folder);
  const wanted = await demoFolder(context, values.outputDir, given?.folder);
  const folder = await freeFolder(dirname(wanted), basename(wanted));
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const own = { folder: join(folder, "recordings"), name: "demo" };
  const { folder: corpusFolder, name } = given ?? own;
  if (values.folder === undefined) await renderRecordings(corpusFolder, values.seed);
  const runFolder = join(folder, "run");
  await makeRunFolder(runFolder);
  const engine = engineOf(context, undefined);
  const job: FolderJob = {
    corpusFolder,
    runFolder,
    runFolderShown: shownPath(context, runFolder),
    name,
    program: context.program,
    overrides: {
      seed: values.seed,
      minutes: values.minutes,
      epochsPerPreview: EPOCHS_PER_PREVIEW,
    },
    ...trainingEngineOf(context, undefined),
    ...memoryLimitOf(context, undefined),
    analyze: values.analysis,
    resume: false,
  };
  const code = await runTraining(context, job, exports);
  if (code !== 0) return code;
  await writeSounds(context, values, { folder, runFolder, corpusFolder, ...engine });
  return 0;
}

/** @throws UserError "inside-corpus", and those of `requireFolder`. */
async function demoFolder(
  context: CommandContext,
  outputDir: string | undefined,
  corpusFolder: string | undefined,
): Promise<string> {
  const wanted = resolve(context.workingFolder, outputDir ?? "demo");
  if (corpusFolder === undefined) return wanted;
  await requireFolder(corpusFolder);
  if (outputDir === undefined) return defaultOutside(wanted, corpusFolder, context);
  await requireOutside(wanted, corpusFolder, "runs");
  return wanted;
}

async function renderRecordings(folder: string, seed: number): Promise<void> {
  await makeFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  for (const { name, sound } of demoCorpus(seed)) {
    await replaceFile(join(folder, `${name}.wav`), writeWav(sound, { encoding: "int24" }));
  }
}

async function writeSounds(
  context: CommandContext,
  { count, seed }: CommandValues<"demo">,
  run: {
    readonly folder: string;
    readonly runFolder: string;
    readonly corpusFolder: string;
  } & ReturnType<typeof engineOf>,
): Promise<void> {
  const { stderr, stdout, signal, clock, json } = context;
  const runtime = await openRuntime({ kind: run.device, threads: run.threads });
  const model = await openModel(run.runFolder, { runtime, signal });
  if (!json) stderr.write("\nNew sounds, made by your model:\n");
  const options = {
    folder: join(run.folder, "sounds"),
    count,
    request: {
      version: 1,
      seed,
      sampleRate: SAMPLE_RATE_HZ,
      length: SOUND_SECONDS * SAMPLE_RATE_HZ,
      quality: "normal",
    },
  } as const;
  await generateFiles(model, options, {
    runtime,
    clock,
    onSound: (made) => remember(context, made),
    // On a line of its own, like the events of the run before it.
    onFile: (file) =>
      stdout.write(`${json ? JSON.stringify(file) : shownPath(context, file.path)}\n`),
  });
  if (json) return;
  const runShown = quotedWord(shownPath(context, run.runFolder));
  const advice: readonly [string, string][] = [
    ["npx etude studio", "play it: keys, controls, loops, in a page on this machine"],
    [`npx etude generate ${runShown} --count 8 --duration 10`, "more sounds"],
    ["npx etude train FOLDER --minutes 10", "your own recordings"],
    [
      `npx etude evaluate ${runShown} ${quotedWord(shownPath(context, run.corpusFolder))}`,
      "how good it is, in numbers",
    ],
  ];
  const width = Math.max(...advice.map(([command]) => command.length));
  const lines = advice.map(([command, meaning]) => `  ${command.padEnd(width)}   ${meaning}`);
  stderr.write(`\nWhat to try next:\n${lines.join("\n")}\n`);
}
