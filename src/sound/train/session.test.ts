/** A whole run with nothing of Node in it: kept in memory, computed by WebAssembly. */

import { beforeAll, describe, expect, test } from "vitest";
import { numbersOf } from "../../../test/support/kept-runs.ts";
import { gpuToolsOf, madeUpGpu } from "../../../test/support/made-up-gpu.ts";
import type { News, RunEvent } from "../../events/events.ts";
import { afterEvent, beforeRun } from "../../events/run-state.ts";
import { seededRandom } from "../../random.ts";
import { sha256Of } from "../../sha256.ts";
import { type CorpusFile, corpusReport } from "../audio/corpus/corpus.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { readModel } from "../model/model-file.ts";
import { framesOfSound, packFrames } from "../model/sound-frames.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { CorpusSource, FileFrames } from "./corpus-source.ts";
import type { TrainJob } from "./job.ts";
import { memoryStore, type RunFiles } from "./memory-store.ts";
import { type SessionTools, trainSession } from "./session.ts";

const STEPS_PER_EPOCH = 8;
const STEPS = 2 * STEPS_PER_EPOCH;
/** In the middle of the second epoch: the checkpoint before it is that of the first. */
const STOPPED_AT = 11;

const job: TrainJob = {
  corpusFolder: "four tones",
  name: "four tones",
  program: "etude test",
  overrides: {
    ...{ model: "mel", seed: 5, epochs: 2, batchSize: 1, chunkSeconds: 0.2, latentSize: 4 },
    ...{ epochsPerPreview: 0, epochsPerCheckpoint: 1 },
  },
  device: "wasm",
  threads: 1,
  resume: false,
};

type Recording = FileFrames & { readonly mono: Float32Array };

const sounds = await Promise.all([1, 2, 3, 4].map((seed) => decayingTone(seed, 0.6)));

/** A tone that is struck every second and dies away in a little noise. */
async function decayingTone(seed: number, lengthSeconds: number): Promise<Recording> {
  const random = seededRandom(seed);
  const mono = Float32Array.from({ length: lengthSeconds * MODEL_RATE_HZ }, (_, i) => {
    const seconds = (i / MODEL_RATE_HZ) % 1;
    const tone = Math.sin(2 * Math.PI * 110 * seed * seconds) * Math.exp(-3 * seconds);
    return 0.5 * tone + 0.01 * (random.next() - 0.5);
  });
  const path = `tone ${seed}.wav`;
  const sha256 = await sha256Of(new TextEncoder().encode(path));
  const identity = { path, foundAt: path, bytes: 2 * mono.length, sha256, soundHash: sha256 };
  return { ...identity, frames: packFrames(framesOfSound(mono)), mono };
}

const corpusOf = (recordings: readonly Recording[]): CorpusSource => ({
  read: async function* () {
    const used = recordings.map(
      ({ path, bytes, mono }): CorpusFile => ({
        ...{ fate: "used", path, bytes, format: "wav", warnings: [] },
        ...{ sampleRateHz: MODEL_RATE_HZ, channelCount: 1, peak: 0.5 },
        durationSeconds: mono.length / MODEL_RATE_HZ,
      }),
    );
    return { report: corpusReport(job.corpusFolder, used), files: recordings };
  },
  openings: async (starts) => {
    const from = (place: string): number => Math.round((starts.get(place) ?? 0) * MODEL_RATE_HZ);
    const chosen = recordings.filter(({ foundAt }) => starts.has(foundAt));
    return new Map(chosen.map(({ foundAt, mono }) => [foundAt, mono.subarray(from(foundAt))]));
  },
});

interface RunOptions {
  readonly files?: RunFiles;
  /** @default the four tones */
  readonly recordings?: readonly Recording[];
  readonly resume?: boolean;
  readonly overrides?: TrainJob["overrides"];
  readonly analyze?: boolean;
  /** Fails in the middle of the work once it returns a rejection. */
  breathe?(): Promise<void>;
  /** @default WebAssembly; "native" takes a fraction of the time */
  readonly device?: TrainJob["device"];
  readonly from?: TrainJob["from"];
  readonly gpu?: SessionTools["gpu"];
  /** With a function that stops the run. */
  onNews?(news: News, stop: () => void): void;
}

interface Run {
  readonly news: readonly News[];
  readonly files: RunFiles;
}

/** Runs the job to its end, or to where it is stopped, in a store that holds `files`. */
async function run({ files = new Map(), ...options }: RunOptions = {}): Promise<Run> {
  const { recordings = sounds, resume = false, analyze = false, device = "wasm" } = options;
  const { overrides, from, onNews } = options;
  const controller = new AbortController();
  let nowMs = 0;
  const tools: SessionTools = {
    ...{ corpus: corpusOf(recordings), store: memoryStore(files) },
    ...{ openRuntime, signal: controller.signal },
    ...(options.gpu && { gpu: options.gpu }),
    clock: {
      nowMs: () => {
        nowMs += 1;
        return nowMs;
      },
      wallMs: () => 1_000_000,
      sleep: async () => {},
    },
    memoryBytes: () => 1e9,
    breathe: options.breathe ?? (async () => {}),
  };
  const news: News[] = [];
  const what = {
    ...{ ...job, device, resume, analyze, overrides: { ...job.overrides, ...overrides } },
    ...(from && { from }),
  };
  for await (const item of trainSession(what, tools)) {
    news.push(item);
    onNews?.(item, () => controller.abort());
  }
  return { news, files };
}

function numbers(...parts: readonly (readonly News[])[]): ReturnType<typeof numbersOf> {
  return numbersOf(parts.flat().map((news, seq): RunEvent => ({ ...news, seq, atMs: 0 })));
}

/** Of all bytes of the finished model. */
function modelSum({ files }: Run): Promise<string> {
  const bytes = files.get("model.etude");
  if (bytes === undefined) throw new Error("The run has saved no model");
  return sha256Of(bytes);
}

function isStep(news: News, step: number): boolean {
  return news.type === "step-done" && news.step === step;
}

let whole: Run;
/** What a kill of that run in the middle of its second epoch would have left. */
let killed: RunFiles;

beforeAll(async () => {
  const files: RunFiles = new Map();
  const onNews = (news: News): void => {
    if (isStep(news, STOPPED_AT)) killed = new Map(files);
  };
  whole = await run({ files, onNews });
});

test("a run in memory is whole: steps, epochs, and a model that can be read", async () => {
  const { news, files } = whole;
  expect(news[0]).toMatchObject({ type: "run-started", resumedAtStep: 0 });
  expect(news[0]).toMatchObject({ device: expect.stringContaining("onnxruntime-web") });
  expect(news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished", step: STEPS });
  expect(Object.keys(numbers(news))).toHaveLength(STEPS + 2);
  const losses = news.flatMap((item) => (item.type === "step-done" ? [item.loss] : []));
  expect(new Set(losses).size).toBe(STEPS);
  // The best model is in the finished one, and of the checkpoints the newest is enough.
  expect([...files.keys()].toSorted()).toEqual([
    "checkpoints/step-00000016.safetensors",
    "model.etude",
    "run.json",
  ]);
  const model = await readModel(files.get("model.etude") ?? new Uint8Array(0), "model");
  expect(model.description).toMatchObject({ name: "four tones", recipe: { name: "mel" } });
  expect(model.latents.means.length).toBeGreaterThan(0);
});

test("a run that is stopped and resumed gives the numbers of one that never stopped", async () => {
  const first = await run({
    onNews: (news, stop) => {
      if (isStep(news, STOPPED_AT)) stop();
    },
  });
  expect(first.news.at(-1)).toMatchObject({ outcome: "cancelled", step: STOPPED_AT });
  const second = await run({ files: first.files, resume: true });
  expect(second.news[0]).toMatchObject({ resumedAtStep: STOPPED_AT });
  expect(numbers(first.news, second.news)).toEqual(numbers(whole.news));
  expect(await modelSum(second)).toBe(await modelSum(whole));
});

test("a run that is killed goes on from its last checkpoint, with the same numbers", async () => {
  const resumed = await run({ files: new Map(killed), resume: true });
  const { news } = resumed;
  expect(news[0]).toMatchObject({ resumedAtStep: STEPS_PER_EPOCH });
  const made = Object.entries(numbers(whole.news)).filter(([place]) => place in numbers(news));
  expect(made).toHaveLength(STEPS_PER_EPOCH + 1);
  expect(numbers(news)).toEqual(Object.fromEntries(made));
  expect(await modelSum(resumed)).toBe(await modelSum(whole));
});

test("a run on a GPU goes on by the processor when the GPU is lost, and by another device later", async () => {
  let runs = 0;
  let runsUntilLost = Number.POSITIVE_INFINITY;
  const gpu = gpuToolsOf(async () =>
    madeUpGpu(await openRuntime({ kind: "native" }), () => {
      runs += 1;
      if (runs > runsUntilLost) throw new Error("device lost");
    }),
  );
  const given = { device: "gpu", overrides: { epochs: 1 } } as const;
  const isAt = (step: number) => (news: News, stop: () => void) => {
    if (isStep(news, step)) stop();
  };
  const first = await run({ ...given, gpu, onNews: isAt(2) });
  const kept = (): RunFiles => new Map(first.files);
  runsUntilLost = runs + 3;
  const second = await run({ ...given, gpu, files: kept(), resume: true });
  const third = await run({ ...given, files: kept(), resume: true, device: "native" });
  const said = ({ news }: Run): string[] =>
    news.flatMap((item) => (item.type === "notice" ? [item.code] : []));
  expect(said(first)).toContain("gpu-used");
  expect(said(first)).not.toContain("gpu-lost");
  expect(said(second)).toContain("gpu-lost");
  expect(said(second)).not.toContain("other-device");
  expect(said(third)).toContain("other-device");
  const state = second.news.reduce(
    (before, news, seq) => afterEvent(before, { ...news, seq, atMs: 0 }),
    beforeRun,
  );
  expect(state.started?.device).toContain(", cpu, ");
  const steps = second.news.flatMap((item) => (item.type === "step-done" ? [item.step] : []));
  expect(steps).toEqual(Array.from({ length: STEPS_PER_EPOCH - 2 }, (_, i) => i + 3));
  expect(second.news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
});

test("sounds to listen to are kept under the paths that are told", async () => {
  const { news, files } = await run({
    device: "native",
    overrides: { epochsPerPreview: 1 },
    onNews: (item, stop) => {
      if (item.type === "preview-made" && item.kind === "reconstruction") stop();
    },
  });
  const paths = news.flatMap((item) => (item.type === "preview-made" ? [item.path] : []));
  expect(paths.length).toBeGreaterThan(1);
  for (const path of paths) {
    const wav = files.get(path.replace("memory/", "")) ?? new Uint8Array(0);
    expect(new TextDecoder().decode(wav.subarray(0, 4))).toBe("RIFF");
  }
});

test("a single short file is trained on, with warnings", async () => {
  const { news } = await run({
    ...{ device: "native", recordings: sounds.slice(0, 1), overrides: { epochs: 1 } },
  });
  expect(news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
  const warned = news.filter((item) => item.type === "notice" && item.level === "warning");
  expect(warned.slice(0, 2)).toMatchObject([{ code: "few-files" }, { code: "nothing-held-out" }]);
});

test("a single take holds out a stretch of itself, the same one after a stop", async () => {
  const given = {
    device: "native" as const,
    recordings: [await decayingTone(1, 11)],
    overrides: { epochs: 1, batchSize: 4 },
  };
  const uninterrupted = await run(given);
  const first = await run({
    ...given,
    onNews: (news, stop) => {
      if (isStep(news, 3)) stop();
    },
  });
  const second = await run({ ...given, files: first.files, resume: true });
  expect(numbers(first.news, second.news)).toEqual(numbers(uninterrupted.news));
  expect(await modelSum(second)).toBe(await modelSum(uninterrupted));

  const { news, files } = uninterrupted;
  const [read] = news.filter((item) => item.type === "corpus-read");
  const stretch = read?.heldOutStretch;
  expect((stretch?.endSeconds ?? 0) - (stretch?.startSeconds ?? 0)).toBeCloseTo(2.2, 1);
  expect(news.map((item) => (item.type === "notice" ? item.code : ""))).not.toContain(
    "nothing-held-out",
  );
  const model = await readModel(files.get("model.etude") ?? new Uint8Array(0), "model");
  expect(model.description.corpus).toMatchObject({ train: [{}], validation: [{ stretch }] });
  // Of the take only what is learned from: without the stretch and what guards it.
  const remembered = model.latents.lengths.reduce((sum, count) => sum + count, 0);
  // Pictures of 16 frames, which overlap by half.
  const framesPerLatent = 8;
  expect(remembered * framesPerLatent).toBeLessThan(0.72 * 11 * 93.75);
});

test.each([
  { what: "fails", notices: ["not-measured"] },
  { what: "is stopped", notices: [] },
])("a run finishes with its model when the measuring of controls $what", async (its) => {
  let atWork = false;
  const files = new Map(killed);
  const ended = await run({
    ...{ files, resume: true, analyze: true },
    breathe: async () => {
      if (atWork && its.what === "fails") throw new Error("no room");
    },
    onNews: (news, stop) => {
      if (news.type !== "phase-started" || !news.text.startsWith("measuring")) return;
      atWork = true;
      if (its.what === "is stopped") stop();
      // A crash from here on leaves nothing that prune would have to delete.
      expect([...files.keys()].filter((name) => name.startsWith("checkpoints/"))).toHaveLength(1);
    },
  });
  expect(atWork).toBe(true);
  expect(ended.news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
  expect(await modelSum(ended)).toBe(await modelSum(whole));
  const codes = ended.news.flatMap((news) => (news.type === "notice" ? [news.code] : []));
  expect(codes.filter((code) => code === "not-measured")).toEqual(its.notices);
});

/** Codes and texts of what a run has noticed. */
const noticed = (news: readonly News[]): Map<string, string> =>
  new Map(news.flatMap((item) => (item.type === "notice" ? [[item.code, item.text]] : [])));

const startOf = (news: readonly News[]): Extract<News, { type: "start-measured" }> | undefined =>
  news.find((item) => item.type === "start-measured");

describe("a run that starts from a model", () => {
  const given = { overrides: { epochs: 1 }, device: "native" } as const;
  let recordings: readonly Recording[];
  let going: Run;
  /** What a kill right after its record was written would have left. */
  let unbegun: RunFiles;

  beforeAll(async () => {
    const fresh = await Promise.all([5, 6, 7].map((seed) => decayingTone(seed, 0.75)));
    recordings = [...sounds.map((sound) => ({ ...sound, path: `old/${sound.path}` })), ...fresh];
    const files: RunFiles = new Map();
    going = await run({
      ...{ ...given, files, recordings },
      from: { name: "four tones", bytes: whole.files.get("model.etude") ?? new Uint8Array(0) },
      onNews: ({ type }) => {
        if (type === "start-measured") unbegun = new Map(files);
      },
    });
  });

  test("keeps its sizes, and leaves each recording on the side where it was", () => {
    const [read] = going.news.filter((item) => item.type === "corpus-read");
    const [first] = whole.news.filter((item) => item.type === "corpus-read");
    for (const side of ["trainFiles", "validationFiles"] as const) {
      expect(read?.[side]).toEqual(
        expect.arrayContaining(first?.[side].map((path) => `old/${path}`) ?? ["missing"]),
      );
    }
    const [plan] = going.news.filter((item) => item.type === "plan-made");
    expect(plan?.configuration).toMatchObject({ model: "mel", latentSize: 4 });
  });

  test("begins with what the model has learned, and tells what became of the old recordings", async () => {
    const anew = await run({ ...given, recordings });
    expect(startOf(going.news)?.trainTaskLoss).toBeLessThan(startOf(anew.news)?.trainTaskLoss ?? 0);
    const notices = noticed(going.news);
    expect(notices.get("going-on")).toContain("it knows 4 of these recordings, 3 are new");
    expect(notices.get("forgotten")).toMatch(/loss 0?\.?\d+.* before, .* now/);
    expect(noticed(anew.news).has("forgotten")).toBe(false);
  });

  test("leaves no copy of the model behind, and resumes from one before the first step", async () => {
    expect([...going.files.keys()]).not.toContain("origin.etude");
    expect([...unbegun.keys()]).toContain("origin.etude");
    expect([...unbegun.keys()].filter((name) => name.startsWith("checkpoints/"))).toEqual([]);
    const resumed = await run({ ...given, files: unbegun, recordings, resume: true });
    expect(numbers(resumed.news)).toEqual(numbers(going.news));
    expect(await modelSum(resumed)).toBe(await modelSum(going));
  });

  test("is told of when the model knows none of the recordings", async () => {
    const { news } = await run({
      ...{ ...given, recordings: recordings.slice(4) },
      from: { name: "four tones", bytes: whole.files.get("model.etude") ?? new Uint8Array(0) },
      onNews: ({ type }, stop) => {
        if (type === "plan-made") stop();
      },
    });
    expect(noticed(news).get("going-on")).toContain("it knows none of these recordings");
  });
});
