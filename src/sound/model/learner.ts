/**
 * A model while it learns: the compiled step of its recipe, and the weights that each step changes.
 * It does not touch files: batches in, losses out.
 */

import type { Random } from "../../random.ts";
import type { Runtime, Values } from "../tensor/runtime.ts";
import { stepNumbers } from "./adamw.ts";
import { BIN_COUNT } from "./bands.ts";
import { CONDITION_COUNT, type Examples } from "./conditions.ts";
import { type ParameterLayout, startingWeights } from "./parameters.ts";
import type { Recipe } from "./recipe.ts";
import { packNumbers, plainGraph, stepGraph } from "./step-graph.ts";
import { type LearnerState, openTrainedState } from "./trained-state.ts";

/** One batch, as numbers. */
export interface Batch extends Examples {
  /** Normal numbers, shape [batch * exampleLatents, latentSize]. */
  readonly noise: Float32Array;
  /** 0 or 1 / (1 - dropout), shape [batch, dropoutWidth]. */
  readonly dropped: Float32Array;
}

/** The schedules' values for one step. */
export interface StepSettings {
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly klWeight: number;
  readonly clipNorm: number;
}

export interface StepResult {
  readonly total: number;
  readonly reconstruction: number;
  readonly kl: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** False if anything was NaN or infinite; then the step was skipped. */
  readonly finite: boolean;
}

export interface Measured {
  readonly reconstruction: number;
  readonly kl: number;
  /** Nats, without free bits, shape [latentSize]. */
  readonly klPerDimension: Float32Array;
}

export interface Learner {
  readonly layout: ParameterLayout;
  /** What computes now, for people. */
  readonly device: string;
  /** On a GPU a copy, which costs time; else the state itself, which goes on changing. */
  state(): Promise<LearnerState>;
  step(batch: Batch, settings: StepSettings): Promise<StepResult>;
  /** Losses of the average weights on a batch without noise and dropout. */
  measure(examples: Examples): Promise<Measured>;
  release(): Promise<void>;
}

export interface LearnerOptions {
  readonly batch: number;
  readonly freeBits: number;
  /** Continue from here; else start from random weights. */
  readonly state?: LearnerState;
  readonly random: Random;
}

/** Longest window of the running average, in steps. */
const AVERAGE_STEPS = 500;

export async function openLearner(
  runtime: Runtime,
  recipe: Recipe,
  options: LearnerOptions,
): Promise<Learner> {
  const { batch, freeBits, random } = options;
  const { model, layout } = stepGraph(
    (scope) => recipe.losses(scope, { mode: "train", batch, freeBits }),
    runtime.device === undefined ? "processor" : "gpu",
  );
  const measure = plainGraph(layout, (scope) => {
    const losses = recipe.losses(scope, { mode: "measure", batch, freeBits });
    const { reconstruction, kl, klPerDimension } = losses;
    return { reconstruction, kl, klPerDimension };
  });
  const state = await openTrainedState(
    runtime,
    { step: model, measure },
    options.state ?? startingState(recipe, layout, random),
  );
  const inputs = exampleInputs(recipe, batch);

  return {
    layout,
    device: runtime.description,
    state: () => state.read(),
    step: async (example, settings) => {
      const numbers = packNumbers({
        ...stepNumbers(settings.learningRate, settings.weightDecay, settings.step),
        klWeight: settings.klWeight,
        clipNorm: settings.clipNorm,
      });
      const losses = await state.step(
        {
          numbers: { data: numbers, shape: [numbers.length] },
          ...inputs.examples(example),
          noise: { data: example.noise, shape: inputs.noise },
          dropped: { data: example.dropped, shape: inputs.dropped },
        },
        averageShare(settings.step),
      );
      const [total = 0, reconstruction = 0, kl = 0, gradientNorm = 0, finite] = losses;
      return { total, reconstruction, kl, gradientNorm, finite: finite === 1 };
    },
    measure: async (examples) => {
      const results = await state.measure(inputs.examples(examples));
      return {
        reconstruction: results["reconstruction"]!.data[0]!,
        kl: results["kl"]!.data[0]!,
        klPerDimension: results["klPerDimension"]!.data,
      };
    },
    release: () => state.release(),
  };
}

/** How far the average moves towards the weights; early on it follows closely. */
function averageShare(step: number): number {
  return Math.max(1 / AVERAGE_STEPS, 9 / (9 + step));
}

function startingState(recipe: Recipe, layout: ParameterLayout, random: Random): LearnerState {
  const weights = startingWeights(layout, random);
  return {
    weights,
    moment: new Float32Array(layout.size),
    variance: new Float32Array(layout.size),
    statistics: Float32Array.from(recipe.startingStatistics),
    average: Float32Array.from(weights),
  };
}

interface ExampleInputs {
  examples(of: Examples): Record<string, Values>;
  readonly noise: readonly number[];
  readonly dropped: readonly number[];
}

function exampleInputs(recipe: Recipe, batch: number): ExampleInputs {
  const rows = [batch, recipe.exampleFrames];
  return {
    examples: ({ frames, conditions }) => ({
      frames: { data: frames, shape: [...rows, BIN_COUNT] },
      ...(recipe.conditions.length > 0 && {
        conditions: { data: conditions, shape: [...rows, CONDITION_COUNT] },
      }),
    }),
    noise: [batch * recipe.exampleLatents, recipe.latentSize],
    dropped: [batch, recipe.dropoutWidth],
  };
}
