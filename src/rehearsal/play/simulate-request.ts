/** Converts the options of `etude simulate` to scenes and their options, for terminal and page. */

import { UserError } from "../../errors.ts";
import { longFlag } from "../../options/spec.ts";
import { SEEDS, seededRandom } from "../../random.ts";
import { findGpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import { pick } from "../engine/chance.ts";
import type { Scene, SceneOptions, SceneRun } from "../engine/scene.ts";
import { readIncident } from "../incidents/script.ts";
import { readGpus, readRequest, tokensOf } from "../plan/read-request.ts";
import type { StackName } from "../plan/stacks.ts";
import { DEFAULT_SCENE, SCENES } from "../scenes/scenes.ts";
import { type SimulateValues, simulateOptions } from "./simulate-options.ts";

/** The values that say what is simulated, not how it is shown. */
export type SimulateRequest = Pick<
  SimulateValues,
  "modules" | "dialect" | "model" | "gpus" | "tokens" | "incident" | "funny" | "chance"
> &
  Partial<Pick<SimulateValues, "spares" | "batchRamp" | "plan">>;

/** @throws UserError where one of the scenes cannot do what is asked for. */
export function scenesOf(values: SimulateRequest): readonly Scene[] {
  const { modules, incident } = values;
  const scenes =
    modules.length === 0
      ? [DEFAULT_SCENE]
      : SCENES.filter(({ name }) => modules.some((one) => one === name));
  for (const { kind } of incident.map(readIncident)) {
    const without = scenes.find(({ incidents }) => !incidents.includes(kind));
    if (without !== undefined) throw incidentElsewhere(kind, without);
  }
  for (const name of TAKEN) {
    const without = scenes.find(({ takes }) => !takes.includes(name));
    const isAsked = ![undefined, false, "etude"].includes(values[name] as string | undefined);
    if (isAsked && without !== undefined) {
      throw notTaken(longFlag(name, simulateOptions[name]), without);
    }
  }
  return scenes;
}

const TAKEN = ["dialect", "model", "gpus", "tokens", "plan", "spares", "batchRamp"] as const;

export interface RunSequence {
  readonly scenes: readonly Scene[];
  readonly wanted: Omit<SceneOptions, "seed" | "program">;
  /** Of the first run; each further one has the next. */
  readonly seed: number;
  readonly program: string;
}

export interface SequencedRun {
  /** Name of its scene. */
  readonly scene: string;
  readonly seed: number;
  readonly run: SceneRun;
}

/**
 * Draws the scenes of runs one after another.
 *
 * @returns Begins the next run; to be called for 0, 1, 2 and so on.
 */
export function runSequence({
  scenes,
  wanted,
  seed,
  program,
}: RunSequence): (index: number) => SequencedRun {
  const random = seededRandom(seed);
  return (index) => {
    const scene = scenes.length === 1 ? (scenes[0] as Scene) : pick(random, scenes);
    const options = { ...wanted, seed: (seed + index) % SEEDS, program };
    return { scene: scene.name, seed: options.seed, run: scene.start(options) };
  };
}

/**
 * @param description What `--plan` names, read. @default none
 * @throws UserError where a model, GPU, amount or incident is none that there is, or the description
 *   cannot be.
 */
export function wantedOf(
  values: SimulateRequest,
  description?: Readonly<Record<string, unknown>>,
): Omit<SceneOptions, "seed" | "program"> {
  const { funny, chance, incident, spares, batchRamp = false } = values;
  const stack = stackOf(values);
  return {
    wanted: description === undefined ? namedRun(values) : describedRun(values, description),
    ...(stack !== undefined && { stack }),
    ...(spares !== undefined && { spareNodes: spares }),
    batchRamp,
    funny,
    byChance: chance,
    incidents: incident.map(readIncident),
  };
}

function namedRun({ model, gpus, tokens }: SimulateRequest): SceneOptions["wanted"] {
  const known = model === undefined ? undefined : findModel(model, "--plan");
  const cluster = gpus === undefined ? undefined : readGpus(gpus);
  return {
    ...(known && { modelName: known.name, shape: known.shape }),
    ...(cluster && { gpu: findGpu(cluster.gpu), gpuCount: cluster.gpuCount }),
    ...(tokens !== undefined && { tokens: tokensOf(tokens) }),
  };
}

/** The file, with the options laid over it, as `plan` does. */
function describedRun(
  { model, gpus, tokens }: SimulateRequest,
  description: Readonly<Record<string, unknown>>,
): SceneOptions["wanted"] {
  const { stack: _, ...request } = readRequest({
    ...description,
    ...(model !== undefined && { model }),
    ...(gpus !== undefined && readGpus(gpus)),
    ...(tokens !== undefined && { tokens }),
  });
  return request;
}

/** Our own view stands for no stack, and Megatron-LM can do all that the planner knows. */
function stackOf({ dialect }: SimulateRequest): StackName | undefined {
  return dialect === "etude" || dialect === "megatron" ? undefined : dialect;
}

function incidentElsewhere(kind: string, { name, incidents }: Scene): UserError {
  const has =
    incidents.length === 0 ? "nothing goes wrong there" : `it has ${incidents.join(", ")}`;
  return new UserError({
    code: "incidents-elsewhere",
    message: `Cannot script ${kind} in ${name}: ${has}`,
    hint: "Leave --modules out: llm_pretraining has them all.",
    exitCode: 2,
  });
}

function notTaken(flag: string, { name }: Scene): UserError {
  return new UserError({
    code: "usage",
    message: `Cannot use ${flag} with ${name}: that scene has no use for it`,
    hint: `Leave ${flag} out, or name another scene with --modules.`,
    exitCode: 2,
  });
}
