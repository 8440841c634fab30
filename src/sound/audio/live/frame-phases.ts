/**
 * Phases frame by frame, from magnitudes alone and without knowing what comes: phase gradient heap
 * integration in real time.
 *
 * As in `pghi.ts`, slopes are integrated from loud bins to quiet ones; but each frame starts from
 * the one before it, and the slope along time looks back only. Nothing is allocated per frame.
 *
 * Source: Z. Prusa, P. Sondergaard, "Real-time spectrogram inversion using phase gradient heap
 * integration", DAFx 2016.
 */

import type { Random } from "../../../random.ts";
import { advancesPerHop, BUCKETS_PER_NEPER, type SlopeScales, slopeScales } from "../pghi.ts";
import type { StftShape } from "../spectrogram.ts";
import { type LevelBuckets, levelBuckets } from "./level-buckets.ts";

export interface FramePhases {
  /**
   * Phases of the next frame in radians (time counts from the start of a frame).
   *
   * @param magnitudes Shape [binCount].
   * @param before Phases of the frame before, shape [binCount]: what became of those given then.
   * @param phases Takes the result, shape [binCount]; not the same array as `before`.
   */
  next(magnitudes: Float32Array, before: Float32Array, phases: Float32Array): void;
}

export interface FramePhaseOptions {
  readonly shape: StftShape;
  /** Gives the phase of bins too quiet to have a slope. */
  readonly random: Random;
}

export function framePhases({ shape, random }: FramePhaseOptions): FramePhases {
  const bench = openBench(shape);
  return {
    next: (magnitudes, before, phases) => {
      takeFrame(bench, magnitudes);
      measureSlopes(bench);
      const { binCount, buckets, done, levels, levelsBefore } = bench;
      buckets.clear();
      for (let bin = 0; bin < binCount; bin += 1) {
        done[bin] = levels[bin] === TOO_QUIET ? 1 : 0;
        if (done[bin] === 1) phases[bin] = 2 * Math.PI * random.next();
        // Integration starts from all bins of the frame before.
        if (levelsBefore[bin] !== TOO_QUIET) buckets.add(binCount + bin, levelsBefore[bin]!);
      }
      spread(bench, before, phases);
      for (let start = loudestLeft(bench); start >= 0; start = loudestLeft(bench)) {
        // Nothing determines the first phase of a sound that begins here.
        phases[start] = 0;
        done[start] = 1;
        buckets.add(start, levels[start]!);
        spread(bench, before, phases);
      }
    },
  };
}

// --- internal ---

/** Bins below this part of the loudest in two frames get a random phase, as a natural logarithm. */
const TOLERANCE_LOG = Math.log(1e-6);

const TOO_QUIET = -1;

/** Logarithm of what counts as no sound at all. */
const LEAST_LOG = -80;

interface LogFrame {
  /** ln(magnitude), not under LEAST_LOG. Shape [binCount]. */
  readonly logs: Float32Array;
  peakLog: number;
}

interface Bench {
  readonly binCount: number;
  readonly scales: SlopeScales;
  readonly advances: Float64Array;
  readonly buckets: LevelBuckets;
  /** This frame and the two before it, this one first. */
  readonly frames: [LogFrame, LogFrame, LogFrame];
  /** Bucket of each bin, TOO_QUIET under the tolerance; of this frame and of the one before. */
  readonly levels: Int32Array;
  readonly levelsBefore: Int32Array;
  readonly done: Uint8Array;
  /** Phase gained per hop, but for what every sound of the bin's own frequency gains. */
  perHop: Float32Array;
  perHopBefore: Float32Array;
  /** Phase gained per bin, but for half a turn. */
  readonly perBin: Float32Array;
}

function openBench(shape: StftShape): Bench {
  const binCount = shape.frameLength / 2 + 1;
  const levelCount = Math.ceil(-TOLERANCE_LOG * BUCKETS_PER_NEPER) + 2;
  const logFrame = (): LogFrame => ({
    logs: new Float32Array(binCount).fill(LEAST_LOG),
    peakLog: LEAST_LOG,
  });
  return {
    binCount,
    scales: slopeScales(shape),
    advances: advancesPerHop(binCount, shape),
    buckets: levelBuckets(2 * binCount, levelCount),
    frames: [logFrame(), logFrame(), logFrame()],
    levels: new Int32Array(binCount),
    levelsBefore: new Int32Array(binCount),
    done: new Uint8Array(binCount),
    perHop: new Float32Array(binCount),
    perHopBefore: new Float32Array(binCount),
    perBin: new Float32Array(binCount),
  };
}

/** Makes this frame the newest, and sorts the bins of the last two into buckets. */
function takeFrame(bench: Bench, magnitudes: Float32Array): void {
  const { frames, binCount, levels, levelsBefore } = bench;
  const oldest = frames[2];
  frames[2] = frames[1];
  frames[1] = frames[0];
  frames[0] = oldest;
  oldest.peakLog = LEAST_LOG;
  for (let bin = 0; bin < binCount; bin += 1) {
    const log = Math.max(LEAST_LOG, Math.log(magnitudes[bin]!));
    oldest.logs[bin] = log;
    if (log > oldest.peakLog) oldest.peakLog = log;
  }
  const least = Math.max(LEAST_LOG, Math.max(oldest.peakLog, frames[1].peakLog) + TOLERANCE_LOG);
  for (let bin = 0; bin < binCount; bin += 1) {
    levels[bin] = bucketOf(oldest.logs[bin]!, least);
    levelsBefore[bin] = bucketOf(frames[1].logs[bin]!, least);
  }
}

function bucketOf(log: number, least: number): number {
  return log > least ? Math.floor((log - least) * BUCKETS_PER_NEPER) : TOO_QUIET;
}

function measureSlopes(bench: Bench): void {
  const { binCount, scales, perBin } = bench;
  const [now, last, lastButOne] = bench.frames;
  const least = Math.max(LEAST_LOG, Math.max(now.peakLog, last.peakLog) + TOLERANCE_LOG);
  const gone = bench.perHopBefore;
  bench.perHopBefore = bench.perHop;
  bench.perHop = gone;
  for (let bin = 0; bin < binCount; bin += 1) {
    const here = Math.max(least, now.logs[bin]!);
    const above = bin < binCount - 1 ? Math.max(least, now.logs[bin + 1]!) : here;
    const below = bin > 0 ? Math.max(least, now.logs[bin - 1]!) : here;
    gone[bin] = scales.alongTime * (above - below);
    // Over two hops: with Griffin-Lim after it, it is nearer than the last hop alone.
    const earlier = Math.max(least, lastButOne.logs[bin]!);
    perBin[bin] = -scales.alongFrequency * (here - earlier);
  }
}

/** Carries the phase from the queued bins to all bins of this frame that they can reach. */
function spread(bench: Bench, before: Float32Array, phases: Float32Array): void {
  const { binCount, buckets, done, levels, advances, perHop, perHopBefore, perBin } = bench;
  for (let node = buckets.take(); node >= 0; node = buckets.take()) {
    if (node >= binCount) {
      const bin = node - binCount;
      if (done[bin] === 1) continue;
      phases[bin] = before[bin]! + advances[bin]! + (perHopBefore[bin]! + perHop[bin]!) / 2;
      done[bin] = 1;
      buckets.add(bin, levels[bin]!);
      continue;
    }
    const phase = phases[node]!;
    if (node + 1 < binCount && done[node + 1] === 0) {
      phases[node + 1] = phase - Math.PI + (perBin[node]! + perBin[node + 1]!) / 2;
      done[node + 1] = 1;
      buckets.add(node + 1, levels[node + 1]!);
    }
    if (node > 0 && done[node - 1] === 0) {
      phases[node - 1] = phase + Math.PI - (perBin[node]! + perBin[node - 1]!) / 2;
      done[node - 1] = 1;
      buckets.add(node - 1, levels[node - 1]!);
    }
  }
}

/** The loudest bin that no sound of the frame before leads to, or -1. */
function loudestLeft({ binCount, done, levels }: Bench): number {
  let loudest = -1;
  for (let bin = 0; bin < binCount; bin += 1) {
    if (done[bin] === 0 && (loudest < 0 || levels[bin]! > levels[loudest]!)) loudest = bin;
  }
  return loudest;
}
