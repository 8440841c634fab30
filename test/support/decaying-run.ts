/** The training loop with ten lines of arithmetic for a model, and the moments at which it may be stopped. */

import type { News, RunEnded } from "../../src/events/events.ts";
import type { Clock } from "../../src/host.ts";
import { type Random, seededRandom } from "../../src/random.ts";
import { type Progress, progressAtStart } from "../../src/sound/train/progress.ts";
import { completeSettings, type SettingOverrides } from "../../src/sound/train/settings.ts";
import { type Trained, type TrainTools, train } from "../../src/sound/train/train.ts";
import type { TrainPlan } from "../../src/sound/train/train-plan.ts";

interface Saved {
  readonly weight: number;
  readonly random: number;
  readonly progress: Progress;
}

export const STEPS_PER_EPOCH = 4;

interface DecayOptions {
  readonly from?: Saved | undefined;
  /** Which steps give no finite number. */
  readonly harm?: ((step: number) => boolean) | undefined;
  /** Called wherever a stop may come while something is going on. */
  readonly moment?: (() => void) | undefined;
}

interface Decaying extends Trained {
  readonly numbers: Omit<Saved, "progress">;
}

/** A weight that shrinks, with noise. */
export function decaying(options: DecayOptions = {}): Decaying {
  const { from, harm = () => false, moment = () => {} } = options;
  let weight = from?.weight ?? 1;
  const random: Random = seededRandom(from?.random ?? 42);
  return {
    learner: {
      step: async (_batch, { step, learningRate, klWeight }) => {
        moment();
        const reconstruction = weight ** 2 + 0.01 * random.next();
        const finite = !harm(step);
        if (finite) weight *= 1 - learningRate;
        const total = finite ? reconstruction + klWeight : Number.NaN;
        return { total, reconstruction, kl: 1, gradientNorm: finite ? 1 : Number.NaN, finite };
      },
      measure: async () => {
        moment();
        return { reconstruction: weight, kl: 1, klPerDimension: Float32Array.of(3, 3, 3) };
      },
    },
    data: {
      startEpoch: () => void random.next(),
      nextBatch: () => ({ ...noExamples, noise: nothing, dropped: nothing }),
      measured: { train: [noExamples], validation: [noExamples], known: [] },
      state: { random: 0, deck: [] },
    },
    get numbers() {
      return { weight, random: random.state };
    },
  };
}

const nothing = new Float32Array(0);
const noExamples = { frames: nothing, conditions: nothing };

export function planOf(overrides: SettingOverrides = {}): TrainPlan {
  return {
    settings: completeSettings(20, { epochs: 3, epochsPerPreview: 2, ...overrides }),
    stepsPerEpoch: STEPS_PER_EPOCH,
    audioSecondsPerStep: 1,
    parameterCount: 1,
    measuredBatches: 2,
    startedMs: 0,
  };
}

interface Outcome {
  readonly news: readonly News[];
  readonly ended: RunEnded;
  readonly saves: readonly Saved[];
  /** The epochs of the best models that were kept. */
  readonly kept: readonly number[];
}

interface RunOptions extends Partial<TrainTools>, DecayOptions {
  readonly overrides?: SettingOverrides;
  onNews?(news: News): void;
}

export async function decayingRun(options: RunOptions = {}): Promise<Outcome> {
  const { overrides, from, harm, moment = () => {}, onNews, ...tools } = options;
  const trained = decaying({ from, harm, moment });
  const plan = planOf(overrides);
  const saves: Saved[] = [];
  const kept: number[] = [];
  const running = train(trained, plan, {
    clock: slowClock(),
    signal: new AbortController().signal,
    save: async (progress, reason) => {
      moment();
      saves.push(JSON.parse(JSON.stringify({ ...trained.numbers, progress })));
      const { step, epoch } = progress;
      const about = { path: "p", bytes: 1, durationMs: 1, reason };
      moment();
      return { type: "checkpoint-saved", step, epoch, ...about };
    },
    keepBest: async ({ epoch }) => void kept.push(epoch),
    preview: async function* ({ epoch, step }): AsyncGenerator<News> {
      moment();
      yield previewNews("original", { epoch, step });
      moment();
      yield previewNews("sample", { epoch, step });
      moment();
    },
    memoryBytes: () => 1,
    progress: from?.progress ?? progressAtStart(plan.settings.epochs),
    ...tools,
  });
  const news: News[] = [];
  let next = await running.next();
  for (; !next.done; next = await running.next()) {
    news.push(next.value);
    moment();
    onNews?.(next.value);
  }
  return { news, ended: next.value, saves, kept };
}

export function previewNews(
  kind: "original" | "sample",
  at: { epoch: number; step: number },
): News {
  return { type: "preview-made", kind, ...at, path: "p", sampleRate: 48_000, durationSeconds: 1 };
}

/** Each look at it is one millisecond later. */
export function slowClock(msPerLook = 1): Clock {
  let nowMs = 0;
  return {
    nowMs: () => {
      nowMs += msPerLook;
      return nowMs;
    },
    wallMs: () => 0,
    sleep: async () => {},
  };
}

export const stepsOf = (news: readonly News[]): number[] =>
  news.flatMap((item) => (item.type === "step-done" ? [item.step] : []));

/** What must not depend on stops: losses and schedules of steps, measurements of epochs. */
export function numbersOf(news: readonly News[]): unknown[] {
  return news.flatMap((item): unknown[] => {
    if (item.type === "step-done") {
      const { durationMs: _durationMs, audioSecondsPerSecond: _speed, ...rest } = item;
      return [rest];
    }
    if (item.type === "start-measured") return [item];
    if (item.type !== "epoch-done") return [];
    const { elapsedMs: _elapsedMs, etaMs: _etaMs, ...rest } = item;
    return [rest];
  });
}
