/** Folds events into the metrics of the table: newest values and totals. */

import type { ClusterMessage, ClusterStatus, EvaluationDone } from "../../events/cluster.ts";
import type {
  CheckpointSaved,
  EpochDone,
  RunEvent,
  RunStarted,
  StepDone,
} from "../../events/events.ts";
import { expectedMs } from "../../events/pace.ts";
import { afterEvent, beforeRun, isNewRun } from "../../events/run-state.ts";
import { taskLoss } from "../../events/task-loss.ts";
import type { MetricName } from "./metric-table.ts";

export type Readings = { readonly [N in MetricName]?: number };

/** What one event says, apart from what was before it. */
interface Change {
  /** New values of gauges, and of counters that the event counts itself. */
  readonly set?: Readings;
  /** What is added to counters. */
  readonly add?: Readings;
}

/** One of these follows the runs of one stream, one after the other. */
export interface Meter {
  /**
   * Takes the next event in.
   *
   * @returns The metrics that the event changed, with their values after it.
   */
  take(event: RunEvent): Readings;
  /** Newest values of the run that is going on. */
  readonly values: Readings;
  readonly run: RunIdentity | undefined;
  /** Last step of the run so far. */
  readonly step: number;
}

export interface RunIdentity {
  readonly started: RunStarted;
  /** Counted from 1 within the stream. */
  readonly number: number;
  /** Wall-clock time of `atMs` = 0, as the newest start of the run has it. */
  readonly zeroWallMs: number;
}

export function openMeter(): Meter {
  let run: RunIdentity | undefined;
  let values: { [N in MetricName]?: number } = {};
  let step = 0;
  let state = beforeRun;

  /** Of a run whose plan says what to expect; one that measures its epochs reports it with them. */
  const etaOf = ({ type }: RunEvent): Readings => {
    const { pace, plan, stepsDone } = state;
    if (type !== "step-done" || plan === undefined) return {};
    const expected = expectedMs(pace, plan, stepsDone);
    return expected === undefined ? {} : { eta_seconds: expected.leftMs / 1000 };
  };

  return {
    take(event) {
      if (event.type === "run-started") {
        const isNew = run === undefined || isNewRun(event);
        if (isNew) values = {};
        run = {
          started: isNew ? event : (run?.started ?? event),
          number: (run?.number ?? 0) + (isNew ? 1 : 0),
          zeroWallMs: event.wallMs - event.atMs,
        };
      }
      step = stepAfter(event, step);
      state = afterEvent(state, event);
      const { set = {}, add = {} } = changeBy(event);
      const changed: { [N in MetricName]?: number } = { ...set, ...etaOf(event) };
      for (const name of Object.keys(add) as MetricName[]) {
        changed[name] = (values[name] ?? 0) + (add[name] ?? 0);
      }
      values.elapsed_seconds = event.atMs / 1000;
      Object.assign(values, changed);
      return changed;
    },
    get values() {
      return values;
    },
    get run() {
      return run;
    },
    get step() {
      return step;
    },
  };
}

/** When an event happened, in milliseconds since 1970, by the clock of its run. */
export function momentMs(run: RunIdentity | undefined, { atMs }: RunEvent): number {
  return Math.round((run?.zeroWallMs ?? 0) + atMs);
}

/** "simulated-SmolLM2-135M-on-16-H100-seed3", "birds-1793653380": the same for the same run. */
export function runName({ source, title, seed, wallMs }: RunStarted): string {
  const name = title.replace(/[^\p{L}\p{N}._]+/gu, "-").replace(/^[-.]+|-+$/g, "");
  const plain = name.slice(0, NAME_LENGTH_MAX) || "run";
  if (source === "simulated") return `simulated-${plain}-seed${seed}`;
  return `${plain}-${Math.floor(wallMs / 1000)}`;
}

const NAME_LENGTH_MAX = 100;

function stepAfter(event: RunEvent, before: number): number {
  if (event.type === "run-started") return event.resumedAtStep;
  return "step" in event ? event.step : before;
}

function changeBy(event: RunEvent): Change {
  switch (event.type) {
    case "run-started":
      return { set: { running: 1, step: event.resumedAtStep } };
    case "plan-made":
      return { set: { steps_planned: event.stepsTotal, parameters: event.parameterCount } };
    case "step-done":
      return stepChange(event);
    case "epoch-done":
      return { set: epochReadings(event) };
    case "evaluation-done":
      return { set: evaluationReadings(event) };
    case "checkpoint-saved":
      return checkpointChange(event);
    case "device-status":
      return {
        set: {
          process_memory_bytes: event.memoryBytes,
          ...given("data_wait_ratio", event.dataShare),
        },
      };
    case "cluster-status":
      return { set: clusterReadings(event) };
    case "cluster-described":
      return { set: { world_size: event.gpuCount, data_parallel_size: event.dataParallel } };
    case "run-interrupted":
      return { add: { interruptions: 1 } };
    case "run-restored":
      return {
        set: {
          step: event.step,
          consumed_tokens: event.consumedTokens,
          consumed_samples: event.consumedSamples,
          ...given("world_size", event.worldSize),
          ...given("data_parallel_size", event.dataParallel),
        },
        add: {
          restarts: 1,
          lost_steps: event.lostSteps,
          downtime_seconds: event.downtimeMs / 1000,
        },
      };
    case "notice":
    case "cluster-message":
      return warningChange(event.level);
    case "run-ended":
      return {
        set: {
          running: 0,
          step: event.step,
          ...(event.outcome === "finished" && { eta_seconds: 0 }),
        },
      };
    default:
      return {};
  }
}

function stepChange(event: StepDone): Change {
  const { loss, vae, policy, text } = event;
  return {
    set: {
      step: event.step,
      epoch: event.epoch,
      ...given("loss", loss),
      ...given("loss_reconstruction", taskLoss(event)),
      ...given("loss_kl", vae?.kl ?? policy?.kl),
      ...given("kl_weight", vae?.klWeight ?? policy?.klWeight),
      learning_rate: event.learningRate,
      ...given("gradient_norm", event.gradientNorm),
      step_duration_seconds: event.durationMs / 1000,
      ...given("audio_speed_ratio", event.audioSecondsPerSecond),
      ...(text && {
        ...given("perplexity", text.perplexity),
        tokens_per_second: text.tokensPerSecond,
        flops_per_second_per_gpu: text.tflopsPerGpu * 1e12,
        mfu_ratio: text.mfu,
        consumed_tokens: text.consumedTokens,
        consumed_samples: text.consumedSamples,
      }),
    },
    add: {
      steps: 1,
      clipped_steps: event.clipped ? 1 : 0,
      skipped_steps: event.skipped ? 1 : 0,
      ...(text && { tokens: text.tokens }),
    },
  };
}

function epochReadings({ validationLosses, trainLosses, latents, ...event }: EpochDone): Readings {
  return {
    epoch: event.epoch,
    validation_loss: validationLosses.loss,
    validation_loss_reconstruction: taskLoss(validationLosses),
    ...given("validation_loss_kl", validationLosses.vae?.kl),
    validation_train_loss: trainLosses.loss,
    overfitting_gap_ratio: event.overfittingGap,
    ...(latents && { kl_divergence: latents.klDivergence, active_units: latents.activeUnits }),
    eta_seconds: event.etaMs / 1000,
  };
}

function evaluationReadings(event: EvaluationDone): Readings {
  return {
    validation_loss: event.loss,
    validation_loss_reconstruction: event.loss,
    validation_perplexity: event.perplexity,
    validation_accuracy_ratio: event.accuracy,
    validation_train_loss: event.trainLoss,
  };
}

function checkpointChange({ step, bytes, durationMs }: CheckpointSaved): Change {
  return {
    set: {
      checkpoint_step: step,
      checkpoint_size_bytes: bytes,
      checkpoint_duration_seconds: durationMs / 1000,
    },
    add: { checkpoints: 1, checkpoint_written_bytes: bytes },
  };
}

function clusterReadings(event: ClusterStatus): Readings {
  const { activity } = event;
  const linkGb = activity?.linkGbPerSecond;
  return {
    nodes_healthy: event.nodesHealthy,
    nodes_spare: event.spareNodes,
    gpu_utilisation_ratio: event.utilisation,
    gpu_temperature_celsius: event.temperatureC,
    ...given("gpu_tensor_active_ratio", activity?.tensorActive),
    ...given("gpu_memory_active_ratio", activity?.memoryActive),
    ...given("gpu_link_bytes_per_second", linkGb && Math.round(linkGb * 1e9)),
    power_watts: event.powerWatts,
    energy_joules: event.energyJoules,
    goodput_ratio: event.goodput,
  };
}

function warningChange(level: ClusterMessage["level"]): Change {
  return level === "info" ? {} : { add: { warnings: 1 } };
}

function given(name: MetricName, value: number | undefined): Readings {
  return value === undefined ? {} : { [name]: value };
}
