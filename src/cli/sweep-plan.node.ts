/** Turns the options of `etude sweep` into a plan. */

import { join } from "node:path";
import { orderedJson } from "../json.ts";
import { wrongUsage } from "../options/read-value.ts";
import { findCorpus } from "../queue/corpus-files.node.ts";
import {
  type Axis,
  gridPoints,
  halvingLengths,
  type Point,
  randomPoints,
  type SweepPlan,
} from "../queue/plan.ts";
import { sha256Of } from "../sha256.ts";
import { formatDuration, formatQuantity } from "../show/numbers.ts";
import { neededBytes } from "../sound/train/memory.ts";
import { completeSettings } from "../sound/train/settings.ts";
import type { CommandContext, CommandValues } from "./context.ts";
import { axesOf, pointOf } from "./sweep-axes.ts";
import { measuredEpochs } from "./sweep-budget.node.ts";
import { engineOf } from "./training.node.ts";

export interface Planning {
  readonly corpusFolder: string;
  readonly name: string;
  /** Absolute path of a folder that may be made for a while, to measure in. */
  readonly folder: string;
}

/** More runs than are practical; a typo reaches it easily. */
const RUNS_MAX = 100_000;

/** @throws UserError "usage" and those of reading the corpus. */
export async function planOf(
  context: CommandContext,
  values: CommandValues<"sweep">,
  { corpusFolder, name, folder }: Planning,
): Promise<SweepPlan> {
  const axes = axesOf(values.grid, values.random !== undefined);
  const points = pointsOf(axes, values);
  const seeds = Array.from({ length: values.seeds }, (_, i) => values.seed + i);
  const runs = points.length * seeds.length * (values.folds ?? 1);
  if (runs > RUNS_MAX) {
    throw wrongUsage(
      `Cannot plan the sweep: found ${formatQuantity(runs, "run")}, need at most ${RUNS_MAX}`,
      "Draw some of the combinations with --random N.",
    );
  }
  const { identity, list } = await findCorpus(corpusFolder);
  const settings = points.map(({ overrides }) => completeSettings(list.files.length, overrides));
  const { device } = engineOf(context, values.threads);
  const { threads } = values;
  const epochs = await epochsOf(context, values, {
    usual: settings[0]?.epochs ?? 1,
    measure: (budgetMs) =>
      measuredEpochs(context, budgetMs, {
        ...{ corpusFolder, name, device, threads, runFolder: join(folder, "probe") },
        overrides: { ...points[0]?.overrides, seed: values.seed },
      }),
  });
  // Frames take a quarter of what a sound does, and compressed files are a tenth of theirs.
  const heldBytes = PROGRAM_BYTES + 2.5 * identity.bytes;
  const plan = {
    program: context.program,
    name,
    corpusFolder,
    corpus: identity,
    axes: axes
      .filter((axis) => !("values" in axis) || axis.values.length > 1)
      .map((one) => one.name),
    points,
    seeds,
    folds: values.folds ?? null,
    seed: values.seed,
    lengths: values.halving ? halvingLengths(points.length, epochs) : [epochs],
    device,
    threads,
    memoryBytes: Math.max(...settings.map((each) => neededBytes(each, heldBytes))),
    checkpointSeconds: values.checkpointSeconds,
  };
  // Another sweep of the same words may be at work through the same server.
  const unique = { ...plan, folder, startedWallMs: context.clock.wallMs() };
  const id = (await sha256Of(new TextEncoder().encode(orderedJson(unique)))).slice(0, 16);
  return { format: "etude-sweep", version: 1, id, ...plan };
}

/** What the program itself takes, with a runtime and its threads. */
const PROGRAM_BYTES = 250e6;

function pointsOf(axes: readonly Axis[], { random, seed }: CommandValues<"sweep">): Point[] {
  const points =
    random === undefined ? gridPoints(axes) : randomPoints(axes, { count: random, seed });
  return points.map(pointOf);
}

interface Lengths {
  /** By preset. */
  readonly usual: number;
  measure(budgetMs: number): Promise<number>;
}

async function epochsOf(
  { stderr, json }: CommandContext,
  { epochs, budget }: CommandValues<"sweep">,
  { usual, measure }: Lengths,
): Promise<number> {
  if (epochs !== undefined && budget !== undefined) {
    throw wrongUsage("Cannot use --budget with --epochs: both say how long a run is", "Give one.");
  }
  if (budget === undefined) return epochs ?? usual;
  const measured = await measure(budget);
  if (!json) {
    stderr.write(
      `A run of ${formatDuration(budget)} is ${formatQuantity(measured, "epoch")} on this machine: --epochs ${measured} makes the same table elsewhere.\n`,
    );
  }
  return measured;
}
