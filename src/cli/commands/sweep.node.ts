/** `etude sweep`: plans a sweep, carries it out, and keeps the best model. */

import { readdir, stat } from "node:fs/promises";
import { availableParallelism, freemem } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import { wrongUsage } from "../../options/read-value.ts";
import { coordinate, requireSameProgram } from "../../queue/coordinator.node.ts";
import { findCorpus, requireSameCorpus } from "../../queue/corpus-files.node.ts";
import { type LocalWorkers, startLocalWorkers } from "../../queue/local-workers.node.ts";
import type { SweepPlan } from "../../queue/plan.ts";
import {
  clearWork,
  lockSweep,
  makeSweepFolder,
  readSweepPlan,
  runFolderOf,
  sweepPaths,
} from "../../queue/sweep-folder.node.ts";
import type { SweepState } from "../../queue/sweep-state.ts";
import { csvOf } from "../../queue/table.ts";
import { plainText } from "../../show/draw/width.ts";
import { openRuntime } from "../../sound/tensor/ort.node.ts";
import { analyzeFile } from "../../sound/work/analyze-file.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { requireFolder } from "../../sound/work/existing-folder.node.ts";
import { fileSafe } from "../../sound/work/file-safe.ts";
import { freeFolder } from "../../sound/work/free-folder.node.ts";
import { keepModel } from "../../sound/work/keep-model.node.ts";
import { defaultOutside, requireOutside } from "../../sound/work/outside-corpus.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { quotedWord } from "../quoted-word.ts";
import { planOf } from "../sweep-plan.node.ts";
import { coordinatorSide, natsWords } from "../sweep-queue.node.ts";
import { sbatchScript } from "../sweep-sbatch.ts";
import { type SweepScreen, sweepScreen } from "../sweep-screen.node.ts";
import { engineOf, shownPath } from "../training.node.ts";

type Values = CommandValues<"sweep">;

export async function run(context: CommandContext, values: Values): Promise<ExitCode> {
  const folder = values.resume ? await oldFolder(context, values) : await begun(context, values);
  const plan = await readSweepPlan(folder);
  if (values.sbatch !== undefined) return sbatchWritten(context, values, { folder, plan });
  requireSameProgram(plan, context.program);
  const lock = await lockSweep(folder);
  try {
    if (values.resume) {
      await requireFolder(plan.corpusFolder);
      requireSameCorpus(plan, (await findCorpus(plan.corpusFolder)).identity);
    }
    return await carriedOut(context, values, { folder, plan });
  } finally {
    await lock.release();
  }
}

/** Plans a new sweep. @returns Its folder. */
async function begun(context: CommandContext, values: Values): Promise<string> {
  if (values.folder === undefined) {
    throw wrongUsage(
      "Cannot sweep: found no FOLDER, need the recordings to train on",
      "Give the folder of the recordings, or --resume to go on with a sweep.",
    );
  }
  const { settings, workingFolder } = context;
  const { folder: corpusFolder, name: corpusName } = await corpusFolderOf(context, values.folder);
  await requireFolder(corpusFolder);
  const name = values.modelName ?? corpusName;
  const folder =
    values.outputDir === undefined
      ? await freeFolder(
          await defaultOutside(settings.paths.runs, corpusFolder, context),
          `${fileSafe(name)}-sweep`,
        )
      : resolve(workingFolder, values.outputDir);
  await requireOutside(folder, corpusFolder, "runs");
  const plan = await planOf(context, values, { corpusFolder, name, folder });
  await makeSweepFolder(folder, plan);
  return folder;
}

/** The folder of the sweep to go on with. */
async function oldFolder(context: CommandContext, values: Values): Promise<string> {
  const { settings, workingFolder } = context;
  if (values.folder !== undefined || values.grid.length > 0) {
    throw wrongUsage(
      "Cannot use --resume with FOLDER or --grid: the sweep knows them",
      "Leave them out: etude sweep --resume -o DIR",
    );
  }
  if (values.outputDir !== undefined) return resolve(workingFolder, values.outputDir);
  const { runs } = settings.paths;
  const found = await Promise.all(
    (await readdir(runs).catch(() => [])).map(async (entry) => ({
      folder: join(runs, entry),
      sinceMs: (await stat(sweepPaths(join(runs, entry)).plan).catch(() => undefined))?.mtimeMs,
    })),
  );
  const [newest] = found
    .filter(({ sinceMs }) => sinceMs !== undefined)
    .toSorted((a, b) => (b.sinceMs ?? 0) - (a.sinceMs ?? 0));
  if (newest !== undefined) return newest.folder;
  throw new UserError({
    code: "sweep-not-found",
    message: `Cannot go on with a sweep: found none in "${shownPath(context, runs)}"`,
    hint: "Give its folder with -o.",
    exitCode: 2,
  });
}

/** Writes the script for a cluster that runs Slurm; what it runs is for whoever has one to begin. */
async function sbatchWritten(
  { workingFolder, stderr, json, stdout }: CommandContext,
  { sbatch = "", workers }: Values,
  { folder, plan }: Begun,
): Promise<ExitCode> {
  const path = resolve(workingFolder, sbatch);
  await replaceFile(path, sbatchScript(plan, { folder, workers: workers || undefined }));
  if (json) stdout.write(`${JSON.stringify({ script: path, folder })}\n`);
  else stderr.write(`Planned in ${folder}. Begin it with: sbatch ${quotedWord(sbatch)}\n`);
  return 0;
}

interface Begun {
  readonly folder: string;
  readonly plan: SweepPlan;
}

async function carriedOut(
  context: CommandContext,
  values: Values,
  { folder, plan }: Begun,
): Promise<ExitCode> {
  const { clock, signal, stderr, json } = context;
  const screen = sweepScreen(context);
  const side = await coordinatorSide(context, values, { folder, plan });
  const workers = startLocalWorkers({
    count: workerCount(plan, values),
    words: (index) => [
      "worker",
      ...(values.nats === undefined ? [folder] : natsWords(context, values)),
      ...["--name", `local-${index + 1}`],
    ],
    clock,
  });
  const refused = refusals(plan, screen);
  const writeTable = tableWriter(folder);
  let state: SweepState | undefined;
  try {
    const onState = async (now: SweepState): Promise<void> => {
      state = now;
      workers.tend();
      requireWorkers(workers, values);
      refused(now);
      screen.show(now);
      await writeTable(now);
    };
    const onEvent = screen.see.bind(screen);
    state = await coordinate(folder, plan, { side, clock, signal, onState, onEvent });
    if (state.open.length === 0) await side.end();
  } finally {
    await workers.stop();
    screen.close(state);
    await side.close();
  }
  await writeTable(state);
  if (values.csv !== undefined) {
    await replaceFile(resolve(context.workingFolder, values.csv), csvOf(plan, state.table));
  }
  if (json) context.stdout.write(`${JSON.stringify(jsonOf(state), null, 2)}\n`);
  if (state.open.length > 0) {
    const words = ["sweep", "--resume", "-o", shownPath(context, folder)];
    const command = ["etude", ...words, ...natsWords(context, values)].map(quotedWord).join(" ");
    stderr.write(`Stopped; everything is saved. Go on with: ${command}\n`);
    return 3;
  }
  await clearWork(folder);
  return keptBest(context, values, { folder, state });
}

/** Says once of each worker of another version that it cannot help. */
function refusals(
  { program }: SweepPlan,
  screen: Pick<SweepScreen, "say">,
): (state: SweepState) => void {
  const warned = new Set<string>();
  return ({ workers }) => {
    for (const { session, name, program: other } of workers) {
      if (other === program || warned.has(session)) continue;
      warned.add(session);
      const who = `${plainText(name)} is of ${plainText(other)}, this sweep of ${program}`;
      screen.say(`warning: the worker ${who}: it gets no runs`);
    }
  };
}

/** As many as cores and memory allow; with a server none, for workers come from elsewhere. */
function workerCount(plan: SweepPlan, { workers, nats }: Values): number {
  if (workers !== undefined) return workers;
  if (nats !== undefined) return 0;
  const byCores = Math.floor(availableParallelism() / plan.threads);
  const byMemory = Math.floor((FREE_SHARE * freemem()) / plan.memoryBytes);
  const runs = plan.points.length * plan.seeds.length * (plan.folds ?? 1);
  return Math.max(1, Math.min(byCores, byMemory, runs));
}

/** Of the memory that is free, so that the machine stays usable. */
const FREE_SHARE = 0.8;

function requireWorkers(workers: LocalWorkers, { workers: asked }: Values): void {
  if (workers.count > 0 || asked === 0 || workers.complaint === undefined) return;
  throw new UserError({
    code: "workers-ended",
    message: `Cannot go on with the sweep: every worker has ended: ${workers.complaint.split("\n")[0]}`,
    hint: "Put that right, then go on with --resume: what was done is kept.",
  });
}

/** Writes table.json and table.csv whenever a result has come. */
function tableWriter(folder: string): (state: SweepState) => Promise<void> {
  const { json, csv } = sweepPaths(folder);
  let written = -1;
  return async (state) => {
    if (state.outcomes.size === written) return;
    await replaceFile(json, `${JSON.stringify(jsonOf(state), null, 2)}\n`);
    await replaceFile(csv, csvOf(state.plan, state.table));
    written = state.outcomes.size;
  };
}

/** All of a sweep; who did what, and how long it took, apart from what the results decide. */
function jsonOf({ plan, table, outcomes }: SweepState) {
  const { program, name, corpus, axes, seeds, folds, seed, lengths, threads } = plan;
  const { rows, runs, best } = table;
  const work = [...outcomes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([job, outcome]) =>
      outcome.state === "done"
        ? { id: job, ...outcome.result.work }
        : { id: job, failures: outcome.failures },
    );
  const sweep = { program, name, corpus, axes, seeds, folds, seed, lengths, threads };
  return { sweep, rows, runs, best, work };
}

interface Ended {
  readonly folder: string;
  readonly state: SweepState;
}

/** The best model comes into the library. */
async function keptBest(
  context: CommandContext,
  values: Values,
  { folder, state }: Ended,
): Promise<ExitCode> {
  const { stderr, settings, clock, signal, json } = context;
  const { best } = state.table;
  if (best === null) {
    stderr.write("No run gave a model; table.json has the reasons.\n");
    return 1;
  }
  const runFolder = runFolderOf(folder, best.id);
  const { models: library } = settings.paths;
  if (values.analysis) {
    const { device, threads } = engineOf(context, undefined);
    const runtime = await openRuntime({ kind: device, threads });
    await analyzeFile(runFolder, {}, { runtime, signal, threads }).catch((failure: unknown) => {
      if (!(failure instanceof UserError)) throw failure;
      stderr.write(`warning: its controls were not measured: ${failure.message}\n`);
    });
  }
  const { manifest } = await keepModel(runFolder, { library, nowWallMs: clock.wallMs() });
  if (!json) {
    stderr.write(
      `\nThe best is in the library as "${plainText(manifest.name)}" (etude model list).\n`,
    );
    stderr.write(`Go on with: etude generate ${quotedWord(shownPath(context, runFolder))}\n`);
  }
  return 0;
}
