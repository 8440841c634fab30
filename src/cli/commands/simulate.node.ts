/** `etude simulate`: scenes, one after the other, until somebody or something says stop. */

import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import type { Clock } from "../../host.ts";
import { type Random, seededRandom } from "../../random.ts";
import { countParameters } from "../../run/simulate/catalog/architecture.ts";
import { DATASETS } from "../../run/simulate/catalog/datasets.ts";
import { findGpu, GPUS } from "../../run/simulate/catalog/gpus.ts";
import { findModel, MODELS } from "../../run/simulate/catalog/models.ts";
import { pick } from "../../run/simulate/engine/chance.ts";
import { paced } from "../../run/simulate/engine/pace.ts";
import type { Scene, SceneOptions, SceneRun } from "../../run/simulate/engine/scene.ts";
import { readIncident } from "../../run/simulate/incidents/script.ts";
import { readGpus, tokensOf } from "../../run/simulate/plan/read-request.ts";
import { DEFAULT_SCENE, SCENES } from "../../run/simulate/scenes/scenes.ts";
import { openNodeConsole } from "../../show/console/console.node.ts";
import { farewellLine, transitionLines } from "../../show/console/simulated/between-runs.ts";
import { simulatedLook } from "../../show/console/simulated/look.ts";
import { type ConsoleMode, consoleMode } from "../../show/console/terminal.ts";
import { formatShort } from "../../show/numbers.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { keepAwake } from "../keep-awake.node.ts";
import { openTruthFile, type TruthFile } from "../truth-file.node.ts";

type SimulateValues = CommandValues<"simulate">;

/** Between two runs, at speed 1. */
const PAUSE_MS = 2000;

export async function run(context: CommandContext, values: SimulateValues): Promise<ExitCode> {
  const { stdout, stderr, clock, json } = context;
  if (values.listModules) {
    stdout.write(sceneList(json));
    return 0;
  }
  if (values.listData) {
    stdout.write(dataList(json));
    return 0;
  }
  const scenes = scenesOf(values);
  const wanted = wantedOf(values);
  const truth =
    values.truth === undefined
      ? undefined
      : await openTruthFile(resolve(context.workingFolder, values.truth));
  const awake = values.inhibit ? keepAwake((text) => stderr.write(`${text}\n`)) : undefined;
  const limit = timeLimit(clock, values.exitAfterTime);
  const signal = AbortSignal.any([context.signal, limit.signal]);
  const seed = values.seed ?? Math.floor(clock.wallMs()) % 2 ** 32;
  const show: Showing = { context, values, signal, truth, mode: modeOf(context) };
  const random = seededRandom(seed);
  const runsMax = values.once ? 1 : (values.exitAfterModules ?? Number.POSITIVE_INFINITY);
  let told = 0;
  try {
    for (let i = 0; i < runsMax && !signal.aborted; i += 1) {
      if (i > 0) await pauseBetween(show);
      if (signal.aborted) break;
      told += (await tellRun(
        sceneFor(random, scenes),
        { ...wanted, seed: (seed + i) % 2 ** 32, program: context.program },
        show,
      ))
        ? 1
        : 0;
    }
  } finally {
    limit.end();
    awake?.end();
    await truth?.close();
  }
  (json ? stderr : stdout).write(`${farewellLine(told)}\n`);
  return 0;
}

interface Showing {
  readonly context: CommandContext;
  readonly values: SimulateValues;
  readonly signal: AbortSignal;
  readonly truth: TruthFile | undefined;
  readonly mode: ConsoleMode;
}

/** @returns Whether the run came to its end. */
async function tellRun(scene: Scene, options: SceneOptions, show: Showing): Promise<boolean> {
  const { context, values, signal, truth, mode } = show;
  const { clock, stdout } = context;
  const look = simulatedLook({ clock });
  const sceneRun: SceneRun = scene.start(options);
  const console = openNodeConsole({
    mode,
    to: "stdout",
    write: (text) => stdout.write(text),
    colour: stdout.colour,
    look,
    rate: sceneRun.isEven ? values.speedFactor : 0,
  });
  let events = 0;
  let finished = false;
  const linesTold = (): number => (mode === "json" ? events : look.linesTold);
  try {
    const pace = {
      clock,
      signal,
      speedFactor: values.speedFactor,
      isInstant: () => linesTold() < values.instantPrintLines,
      onTruth: (one: Parameters<TruthFile["add"]>[0]) => truth?.add(one),
    };
    for await (const event of paced(sceneRun, pace)) {
      console.show(event);
      events += 1;
      finished = event.type === "run-ended" && event.outcome === "finished";
    }
  } finally {
    console.close();
  }
  return finished;
}

function modeOf({ json, stdout }: CommandContext): ConsoleMode {
  return consoleMode({ environment: process.env, isTerminal: stdout.isTerminal }, { json });
}

async function pauseBetween({ context, values, signal, mode }: Showing): Promise<void> {
  if (mode !== "json") context.stdout.write(`${transitionLines().join("\n")}\n`);
  await context.clock.sleep(PAUSE_MS / values.speedFactor, signal).catch(() => {});
}

function sceneList(json: boolean): string {
  const scenes = SCENES.map(({ name, summary }) => ({ name, summary }));
  if (json) return `${JSON.stringify(scenes, null, 2)}\n`;
  const lines = scenes.map(({ name, summary }) => `  ${name.padEnd(18)}${summary}`);
  return `${["Scenes:", ...lines].join("\n")}\n`;
}

function dataList(json: boolean): string {
  const data = {
    models: MODELS.map(({ name, family, shape, isFunny = false }) => {
      return { name, family, parameters: countParameters(shape).total, isFunny };
    }),
    gpus: GPUS.map(({ name, memoryGb, tdpWatts }) => ({ name, memoryGb, tdpWatts })),
    datasets: DATASETS.map(({ name, tokens, kind, isFunny = false }) => {
      return { name, tokens, kind, isFunny };
    }),
  };
  if (json) return `${JSON.stringify(data, null, 2)}\n`;
  const lines = [
    `${data.models.length} models`,
    ...data.models.map(({ name, parameters }) => `  ${name.padEnd(22)}${formatShort(parameters)}`),
    `${data.gpus.length} GPUs`,
    ...data.gpus.map(({ name, memoryGb, tdpWatts }) => {
      return `  ${name.padEnd(22)}${`${memoryGb} GB`.padEnd(8)}${tdpWatts} W`;
    }),
    `${data.datasets.length} data sets`,
    ...data.datasets.map(({ name, tokens }) => `  ${name.padEnd(30)}${formatShort(tokens)} tokens`),
  ];
  return `${lines.join("\n")}\n`;
}

function scenesOf({ modules, incident }: SimulateValues): readonly Scene[] {
  const scenes =
    modules.length === 0
      ? [DEFAULT_SCENE]
      : SCENES.filter(({ name }) => modules.some((one) => one === name));
  if (incident.length > 0 && scenes.some(({ name }) => name !== "llm_pretraining")) {
    throw new UserError({
      code: "incidents-elsewhere",
      message: `Cannot script incidents in ${scenes.map(({ name }) => name).join(", ")}: only llm_pretraining has them`,
      hint: "Leave --modules out, or name llm_pretraining alone.",
      exitCode: 2,
    });
  }
  return scenes;
}

function sceneFor(random: Random, scenes: readonly Scene[]): Scene {
  return scenes.length === 1 ? (scenes[0] as Scene) : pick(random, scenes);
}

function wantedOf(values: SimulateValues): Omit<SceneOptions, "seed" | "program"> {
  const { model, gpus, tokens, funny, chance, incident } = values;
  const known = model === undefined ? undefined : findModel(model);
  const cluster = gpus === undefined ? undefined : readGpus(gpus);
  return {
    wanted: {
      ...(known && { modelName: known.name, shape: known.shape }),
      ...(cluster && { gpu: findGpu(cluster.gpu), gpuCount: cluster.gpuCount }),
      ...(tokens !== undefined && { tokens: tokensOf(tokens) }),
    },
    funny,
    byChance: chance,
    incidents: incident.map(readIncident),
  };
}

/** Counted from the launch of the process, which is where the clock begins. */
function timeLimit(clock: Clock, limitMs: number | undefined) {
  const over = new AbortController();
  const unused = new AbortController();
  if (limitMs !== undefined) {
    const wait = async (): Promise<void> => {
      let leftMs = limitMs - clock.nowMs();
      while (leftMs > 0) {
        await clock.sleep(Math.min(leftMs, TIMER_MS_MAX), unused.signal);
        leftMs = limitMs - clock.nowMs();
      }
      over.abort(new DOMException("the time is over", "AbortError"));
    };
    wait().catch(() => {});
  }
  return { signal: over.signal, end: () => unused.abort() };
}

const TIMER_MS_MAX = 2 ** 31 - 1;
