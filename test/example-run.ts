/** A made-up run for tests of views, logs and readers: plausible, deterministic, complete. */

import {
  type EpochDone,
  type Losses,
  type News,
  PROTOCOL_VERSION,
  type PreviewMade,
  type RunEvent,
  type Verdict,
} from "../src/events/events.ts";

export interface ExampleOptions {
  readonly source?: "trained" | "simulated";
  readonly title?: string;
  readonly folder?: string;
  readonly epochsTotal?: number;
  readonly stepsPerEpoch?: number;
  readonly stepMs?: number;
  readonly verdictOf?: (epoch: number) => Verdict;
}

/** Gives the news a place in a run, `atMs` from each item's own clock. */
export function stamped(news: readonly (readonly [atMs: number, news: News])[]): RunEvent[] {
  return news.map(([atMs, item], seq) => ({ ...item, seq, atMs }));
}

/** A whole run, from the first event to "finished". */
export function exampleRun(options: ExampleOptions = {}): RunEvent[] {
  const { epochsTotal = 6, stepsPerEpoch = 20, stepMs = 100, folder = "/music/birds" } = options;
  const { verdictOf = (epoch) => (epoch > 4 ? "good enough" : "improving") } = options;
  const news: [number, News][] = openingNews(options);
  const runFolder = `${folder}-run`;
  let atMs = 2000;
  for (let epoch = 1; epoch <= epochsTotal; epoch += 1) {
    for (let i = 1; i <= stepsPerEpoch; i += 1) {
      atMs += stepMs;
      news.push([atMs, stepNews((epoch - 1) * stepsPerEpoch + i, epoch)]);
    }
    atMs += 50;
    news.push([
      atMs,
      epochNews({ epoch, epochsTotal, stepsPerEpoch, atMs, verdict: verdictOf(epoch) }),
    ]);
    news.push([atMs, { type: "device-status", memoryBytes: 412e6, dataShare: 0.04 }]);
    const step = epoch * stepsPerEpoch;
    if (epoch % 3 === 0) {
      const reason = "interval" as const;
      const path = `${runFolder}/checkpoints/step-${step}.safetensors`;
      const saved = { step, epoch, path, bytes: 4_200_000, durationMs: 12, reason };
      news.push([atMs, { type: "checkpoint-saved", ...saved }]);
      for (const kind of ["sample", "original", "reconstruction"] as const) {
        news.push([atMs, previewNews(kind, { epoch, step, runFolder })]);
      }
    }
  }
  const step = epochsTotal * stepsPerEpoch;
  news.push([atMs, { type: "model-saved", path: `${runFolder}/model.etude`, bytes: 4.1e6, step }]);
  news.push([atMs, { type: "run-ended", outcome: "finished", step, elapsedMs: atMs }]);
  return stamped(news);
}

/** The events up to the end of that epoch. */
export function untilEpoch(events: readonly RunEvent[], epoch: number): RunEvent[] {
  const end = events.findIndex((event) => event.type === "epoch-done" && event.epoch === epoch);
  return events.slice(0, end + 1);
}

/** The events so far, and then this. */
export function followedBy(events: readonly RunEvent[], ...news: readonly News[]): RunEvent[] {
  const last = events.at(-1);
  const seq = (last?.seq ?? -1) + 1;
  return [
    ...events,
    ...news.map((item, i) => ({ ...item, seq: seq + i, atMs: (last?.atMs ?? 0) + 500 })),
  ];
}

export function startNews(options: ExampleOptions = {}, resumedAtStep = 0): News {
  const { source = "trained", title = "birds" } = options;
  return {
    type: "run-started",
    protocol: PROTOCOL_VERSION,
    source,
    title,
    program: "etude 0.1.0",
    seed: 1,
    device: source === "trained" ? "onnxruntime-node cpu, 2 threads" : "512 x H100 in 64 nodes",
    configuration: { epochs: 6 },
    resumedAtStep,
    wallMs: 1_700_000_000_000,
  };
}

function openingNews(options: ExampleOptions): [number, News][] {
  const { epochsTotal = 6, stepsPerEpoch = 20, folder = "/music/birds" } = options;
  const files = (count: number) => Array.from({ length: count }, (_, i) => `${i}.wav`);
  const heard = {
    folder,
    filesUsed: 46,
    filesLeftOut: 2,
    totalSeconds: 312.4,
    trainFiles: files(41),
    validationFiles: files(5),
  };
  const plan = {
    epochsTotal,
    stepsPerEpoch,
    stepsTotal: epochsTotal * stepsPerEpoch,
    batchSize: 32,
    parameterCount: 1_234_567,
  };
  return [
    [0, startNews(options)],
    [0, { type: "phase-started", phase: "reading", text: "Reading the recordings" }],
    [500, { type: "phase-progress", phase: "reading", done: 12, total: 48 }],
    [1500, { type: "corpus-read", ...heard }],
    [
      1600,
      {
        type: "plan-made",
        ...plan,
        ...(options.source !== "simulated" && { audioSecondsPerStep: 6 }),
      },
    ],
    [1700, previewNews("sample", { epoch: 0, step: 0, runFolder: `${folder}-run` })],
    [2000, { type: "phase-started", phase: "training", text: "Learning from 41 recordings" }],
  ];
}

function stepNews(step: number, epoch: number): News {
  const reconstruction = lossAt(step);
  return {
    type: "step-done",
    step,
    epoch,
    ...lossesOf(reconstruction),
    learningRate: 0.0003,
    gradientNorm: 0.82,
    clipped: false,
    skipped: false,
    durationMs: 90,
    audioSecondsPerSecond: 65.2,
  };
}

function epochNews(at: {
  readonly epoch: number;
  readonly epochsTotal: number;
  readonly stepsPerEpoch: number;
  readonly atMs: number;
  readonly verdict: Verdict;
}): EpochDone {
  const { epoch, epochsTotal, stepsPerEpoch, atMs, verdict } = at;
  const step = epoch * stepsPerEpoch;
  const overfittingGap = 0.02 * epoch;
  return {
    type: "epoch-done",
    epoch,
    epochsTotal,
    step,
    stepLosses: lossesOf(lossAt(step)),
    trainLosses: lossesOf(lossAt(step)),
    validationLosses: lossesOf(lossAt(step) * (1 + overfittingGap)),
    overfittingGap,
    latents: { klDivergence: 4.21, activeUnits: 14, dimensions: 16 },
    best: true,
    learningRate: 0.0003,
    verdict,
    elapsedMs: atMs,
    etaMs: ((epochsTotal - epoch) * (atMs - 2000)) / epoch,
  };
}

function previewNews(
  kind: PreviewMade["kind"],
  at: { readonly epoch: number; readonly step: number; readonly runFolder: string },
): PreviewMade {
  const { epoch, step, runFolder } = at;
  const path = `${runFolder}/previews/epoch-${String(epoch).padStart(4, "0")}-${kind}.wav`;
  return { type: "preview-made", kind, epoch, step, path, sampleRate: 48_000, durationSeconds: 2 };
}

function lossesOf(reconstruction: number): Losses {
  return { loss: reconstruction + 0.1, vae: { reconstruction, kl: 4, klWeight: 0.025 } };
}

function lossAt(step: number): number {
  return 0.2 + 1.5 * Math.exp(-step / 40);
}
