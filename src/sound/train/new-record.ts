/** The record of a run that begins: its settings, within what memory and time allow, and its files. */

import type { Clock } from "../../host.ts";
import type { Model } from "../model/model-file.ts";
import type { CorpusFrames } from "./corpus-source.ts";
import { knownSides, sizesOf } from "./going-on.ts";
import { stretchToHoldOut } from "./held-out.ts";
import type { RunRecord, TrainJob } from "./job.ts";
import { withinTime } from "./known-speed.ts";
import { withinMemory } from "./memory.ts";
import { isPitched } from "./pitched-corpus.ts";
import { recordOf } from "./record.ts";
import type { ResumePoint } from "./resume-point.ts";
import { completeSettings, type TrainSettings } from "./settings.ts";
import { foldOfFiles, splitFiles } from "./split.ts";

/** What the run would like, within the memory that it may take. */
export function wantedSettings(
  job: TrainJob,
  corpus: CorpusFrames,
  about: {
    readonly origin: Model | undefined;
    readonly tools: { memoryBytes(): number };
  },
): Fitting {
  const { origin, tools } = about;
  const wanted = completeSettings(corpus.files.length, {
    pitch: isPitched(corpus.files.map(({ frames }) => frames)),
    ...job.overrides,
    ...(origin && sizesOf(origin)),
  });
  return withinMemory(wanted, {
    heldBytes: tools.memoryBytes(),
    limitBytes: job.memoryLimitBytes ?? Number.POSITIVE_INFINITY,
  });
}

type Fitting = ReturnType<typeof withinMemory>;

export function newRecord(
  job: TrainJob,
  corpus: CorpusFrames,
  about: Pick<RunRecord, "device" | "threads"> & {
    readonly origin: Model | undefined;
    readonly clock: Pick<Clock, "wallMs">;
    readonly fitting: Fitting;
    /** Milliseconds of a step, as far as that is known. */
    expectedMs(settings: TrainSettings): number | undefined;
  },
): Pick<ResumePoint, "record" | "notices"> {
  const { origin, clock, fitting, device, threads } = about;
  const isBatchGiven = job.overrides.batchSize !== undefined;
  const stepMs = isBatchGiven ? undefined : about.expectedMs(fitting.settings);
  const timely = withinTime(fitting.settings, stepMs);
  const { settings } = timely;
  const notices = [...fitting.notices, ...timely.notices];
  const { files } = corpus;
  const { validationFraction, seed, fold } = settings;
  const paths = files.map(({ path }) => path);
  const sideOf = origin && knownSides(origin);
  const bound = new Map(
    files.flatMap((file) => {
      const side = sideOf?.(file);
      return side === undefined ? [] : [[file.path, side] as const];
    }),
  );
  const split =
    fold === undefined
      ? splitFiles(paths, { fraction: validationFraction, seed, bound })
      : foldOfFiles(paths, fold);
  const [only] = files.length === 1 ? files : [];
  const heldOut = only && stretchToHoldOut(only.frames, validationFraction, seed);
  const record = recordOf(
    job,
    { files, split, heldOut, known: new Set(bound.keys()) },
    { settings, device, threads, createdWallMs: clock.wallMs() },
  );
  return { record, notices };
}
