/** The state that a step changes, in the processor's memory or in that of a GPU. */

import { Graph } from "../tensor/graph.ts";
import { lower } from "../tensor/lower.ts";
import type { DeviceMemory, Kept, Runtime, Values } from "../tensor/runtime.ts";

/** All trained state; what a checkpoint holds of the model. */
export interface LearnerState {
  readonly weights: Float32Array;
  readonly moment: Float32Array;
  readonly variance: Float32Array;
  readonly statistics: Float32Array;
  /** Running average of the weights, used for evaluation, previews and the saved model. */
  readonly average: Float32Array;
}

/** The programs of a model, and the numbers that they share. */
export interface TrainedState {
  /**
   * @param inputs All but the state.
   * @param averageShare How far the average moves towards the new weights, 0 to 1.
   * @returns The output "losses".
   */
  step(inputs: Inputs, averageShare: number): Promise<Float32Array>;
  /** The outputs of the second program, for the average weights. */
  measure(inputs: Inputs): Promise<{ readonly [name: string]: Values }>;
  /** A copy that stays, or in the processor's memory the arrays themselves. */
  read(): Promise<LearnerState>;
  release(): Promise<void>;
}

export type Inputs = { readonly [name: string]: Values };

/** ONNX models, from `stepGraph` and `plainGraph`. */
export interface StatePrograms {
  readonly step: Uint8Array;
  readonly measure: Uint8Array;
}

export function openTrainedState(
  runtime: Runtime,
  programs: StatePrograms,
  start: LearnerState,
): Promise<TrainedState> {
  const { device } = runtime;
  return device === undefined
    ? inMemory(runtime, programs, start)
    : onDevice(device, programs, start);
}

async function inMemory(
  runtime: Runtime,
  programs: StatePrograms,
  start: LearnerState,
): Promise<TrainedState> {
  const stepProgram = await runtime.compile(programs.step);
  const measureProgram = await runtime.compile(programs.measure);
  let state = start;
  return {
    step: async (inputs, averageShare) => {
      const { weights, moment, variance, statistics } = state;
      const results = await stepProgram.run({
        ...flatInputs({ weights, moment, variance, statistics }),
        ...inputs,
      });
      state = {
        weights: results["weights2"]!.data,
        moment: results["moment2"]!.data,
        variance: results["variance2"]!.data,
        statistics: results["statistics2"]?.data ?? statistics,
        average: state.average,
      };
      follow(state.average, state.weights, averageShare);
      return results["losses"]!.data;
    },
    measure: (inputs) => {
      const { average: weights, statistics } = state;
      return measureProgram.run({ ...flatInputs({ weights, statistics }), ...inputs });
    },
    read: async () => state,
    release: async () => {
      await stepProgram.release();
      await measureProgram.release();
    },
  };
}

function follow(average: Float32Array, weights: Float32Array, share: number): void {
  for (let i = 0; i < average.length; i += 1) {
    average[i] = average[i]! + share * (weights[i]! - average[i]!);
  }
}

type Part = keyof LearnerState;

/** Only the losses leave the device. */
async function onDevice(
  device: DeviceMemory,
  programs: StatePrograms,
  start: LearnerState,
): Promise<TrainedState> {
  const trained = (["weights", "moment", "variance", "statistics"] as const).filter(
    (part) => start[part].length > 0,
  );
  const stepProgram = await device.compile(
    programs.step,
    trained.map((part) => `${part}2`),
  );
  const followProgram = await device.compile(followGraph(start.average.length), ["average2"]);
  const measureProgram = await device.compile(programs.measure, []);
  const parts = new Map<Part, Values | Kept>(
    Object.entries(flatInputs({ ...start })).map(([part, values]) => [part as Part, values]),
  );
  const given = (names: readonly Part[]): Record<string, Values | Kept> =>
    Object.fromEntries(names.map((part) => [part, parts.get(part)!]));
  const replace = (part: Part, kept: Kept): void => {
    const before = parts.get(part)!;
    if ("release" in before) before.release();
    parts.set(part, kept);
  };
  return {
    step: async (inputs, averageShare) => {
      const { values, kept } = await stepProgram.run({ ...given(trained), ...inputs });
      for (const part of trained) replace(part, kept[`${part}2`]!);
      const followed = await followProgram.run({
        ...given(["weights", "average"]),
        ...flatInputs({ share: Float32Array.of(averageShare) }),
      });
      replace("average", followed.kept["average2"]!);
      return values["losses"]!.data;
    },
    measure: async (inputs) => {
      const { average, ...rest } = given(["average", ...trained.filter(isStatistics)]);
      return (await measureProgram.run({ weights: average!, ...rest, ...inputs })).values;
    },
    read: async () => {
      const numbers = async (part: Part): Promise<Float32Array> => {
        const found = parts.get(part);
        if (found === undefined) return new Float32Array(0);
        return "release" in found ? found.read() : Float32Array.from(found.data);
      };
      return {
        weights: await numbers("weights"),
        moment: await numbers("moment"),
        variance: await numbers("variance"),
        statistics: await numbers("statistics"),
        average: await numbers("average"),
      };
    },
    release: async () => {
      for (const part of parts.values()) if ("release" in part) part.release();
      for (const program of [stepProgram, followProgram, measureProgram]) await program.release();
    },
  };
}

function isStatistics(part: Part): boolean {
  return part === "statistics";
}

/** `follow` as a program. */
function followGraph(size: number): Uint8Array {
  const graph = new Graph();
  const average = graph.input("average", [size]);
  const way = graph.sub(graph.input("weights", [size]), average);
  return lower(graph, { average2: graph.add(average, graph.mul(way, graph.input("share", [1]))) });
}

/** What is empty is no input. */
function flatInputs(arrays: { readonly [name: string]: Float32Array }): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(arrays)
      .filter(([, data]) => data.length > 0)
      .map(([name, data]) => [name, { data, shape: [data.length] }]),
  );
}

/** A copy with arrays of its own. */
export function copyOfState({
  weights,
  moment,
  variance,
  statistics,
  average,
}: LearnerState): LearnerState {
  return {
    weights: Float32Array.from(weights),
    moment: Float32Array.from(moment),
    variance: Float32Array.from(variance),
    statistics: Float32Array.from(statistics),
    average: Float32Array.from(average),
  };
}
