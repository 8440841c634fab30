/**
 * Phase from magnitudes on a circle: PGHI (../pghi.ts) without edges.
 *
 * The slopes of the phase are taken and integrated round the circle. Integrated once round, the
 * phase of a partial must be where it began, but for whole turns; a steady tone of any frequency is
 * not. So each partial is retuned by less than half a turn a round, spread evenly: 0.1 Hz in a loop
 * of 4 s. Bins of one partial are retuned by the same amount, that of the strongest bin nearby.
 */

import type { Random } from "../../../random.ts";
import { LOBE_BINS } from "../hann-lobe.ts";
import {
  advancesPerHop,
  inOrderOfLevel,
  type LogField,
  levelQueue,
  logField,
  slopeScales,
  TOO_QUIET,
} from "../pghi.ts";
import type { Spectrogram } from "../spectrogram.ts";
import { type Circle, centreOf, shapeOn } from "./circle.ts";

/** Bins below this part of the largest magnitude get a random phase. */
const TOLERANCE = 1e-6;

/** Phases in radians, shape [frameCount, binCount], counted from the start of each frame. */
export function phasesOnCircle(
  magnitudes: Spectrogram,
  circle: Circle,
  random: Random,
): Float32Array {
  const field = logField(magnitudes, TOLERANCE);
  const ground = groundOf(magnitudes, field, circle);
  const { phases } = ground;
  const queue = levelQueue(field.levels);
  for (const start of inOrderOfLevel(field.levels, queue)) {
    if (queue.isDone(start)) continue;
    phases[start] = 0;
    queue.add(start);
    for (let bin = queue.take(); bin >= 0; bin = queue.take()) {
      for (const { to, phase } of neighboursOf(ground, bin)) {
        if (queue.isDone(to)) continue;
        phases[to] = phase;
        queue.add(to);
      }
    }
  }
  for (let i = 0; i < phases.length; i += 1) {
    if (field.levels[i] === TOO_QUIET) phases[i] = 2 * Math.PI * random.next();
  }
  return phases;
}

// --- internal ---

interface Ground {
  readonly phases: Float32Array;
  readonly frameCount: number;
  readonly binCount: number;
  /** Phase gained from each bin to the same bin of the next frame, shape [frameCount, binCount]. */
  readonly onward: Float32Array;
  /** Phase gained from each bin to the next, but for half a turn, shape [frameCount, binCount]. */
  readonly perBin: Float32Array;
}

function groundOf(magnitudes: Spectrogram, field: LogField, circle: Circle): Ground {
  const { frameCount, binCount, logs } = field;
  const { alongTime, alongFrequency } = slopeScales(shapeOn(circle));
  const perHop = new Float32Array(logs.length);
  const perBin = new Float32Array(logs.length);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const row = frame * binCount;
    const later = ((frame + 1) % frameCount) * binCount;
    const earlier = ((frame + frameCount - 1) % frameCount) * binCount;
    for (let bin = 0; bin < binCount; bin += 1) {
      const above = logs[row + Math.min(bin + 1, binCount - 1)]!;
      const below = logs[row + Math.max(bin - 1, 0)]!;
      perHop[row + bin] = alongTime * (above - below);
      perBin[row + bin] = -alongFrequency * (logs[later + bin]! - logs[earlier + bin]!);
    }
  }
  const onward = onwardPhases(perHop, circle, binCount);
  closeRound(onward, magnitudes);
  return { phases: new Float32Array(logs.length), frameCount, binCount, onward, perBin };
}

/** What a bin gains to the next frame: its own frequency's advance, and the slopes of both. */
function onwardPhases(perHop: Float32Array, circle: Circle, binCount: number): Float32Array {
  const { frameCount, frameLength } = circle;
  const byHop = new Map<number, Float64Array>();
  const onward = new Float32Array(perHop.length);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const hopLength = centreOf(circle, frame + 1) - centreOf(circle, frame);
    const advances = byHop.get(hopLength) ?? advancesPerHop(binCount, { frameLength, hopLength });
    byHop.set(hopLength, advances);
    const row = frame * binCount;
    const next = ((frame + 1) % frameCount) * binCount;
    for (let bin = 0; bin < binCount; bin += 1) {
      onward[row + bin] = advances[bin]! + (perHop[row + bin]! + perHop[next + bin]!) / 2;
    }
  }
  return onward;
}

/** Retunes each partial so that it gains whole turns in a round. */
function closeRound(onward: Float32Array, { frameCount, binCount, data }: Spectrogram): void {
  const powers = new Float64Array(binCount);
  const turns = new Float64Array(binCount);
  for (let i = 0; i < data.length; i += 1) {
    const bin = i % binCount;
    powers[bin] = powers[bin]! + data[i]! ** 2;
    turns[bin] = turns[bin]! + onward[i]! / (2 * Math.PI);
  }
  for (let bin = 0; bin < binCount; bin += 1) {
    let strongest = bin;
    const last = Math.min(binCount - 1, bin + LOBE_BINS);
    for (let near = Math.max(0, bin - LOBE_BINS); near <= last; near += 1) {
      if (powers[near]! > powers[strongest]!) strongest = near;
    }
    const excess = turns[strongest]! - Math.round(turns[strongest]!);
    for (let frame = 0; frame < frameCount; frame += 1) {
      const i = frame * binCount + bin;
      onward[i] = onward[i]! - (2 * Math.PI * excess) / frameCount;
    }
  }
}

interface Reached {
  readonly to: number;
  readonly phase: number;
}

/** The bins beside one, with the phases that they have if it has its own. */
function neighboursOf(ground: Ground, bin: number): Reached[] {
  const { phases, frameCount, binCount, onward, perBin } = ground;
  const frame = Math.floor(bin / binCount);
  const column = bin - frame * binCount;
  const phase = phases[bin]!;
  const later = frame + 1 === frameCount ? column : bin + binCount;
  const earlier = frame === 0 ? (frameCount - 1) * binCount + column : bin - binCount;
  const reached = [
    { to: later, phase: phase + onward[bin]! },
    { to: earlier, phase: phase - onward[earlier]! },
  ];
  if (column + 1 < binCount) {
    const above = bin + 1;
    reached.push({ to: above, phase: phase - Math.PI + (perBin[bin]! + perBin[above]!) / 2 });
  }
  if (column > 0) {
    const below = bin - 1;
    reached.push({ to: below, phase: phase + Math.PI - (perBin[bin]! + perBin[below]!) / 2 });
  }
  return reached;
}
