/**
 * Estimates the magnitudes below a floor from those above it.
 *
 * For quiet bins, floored magnitudes give only an upper bound. Used as they are they hiss; set to
 * silence they sound dull, because noise that lies half below the floor still adds up over many
 * bins. So each neighbourhood is modelled as noise, whose power has an exponential distribution: if
 * a share q of it is above the floor F, its mean power is F / -ln q, and the mean of the part below
 * is that minus F q / (1 - q).
 */

import { decibelsToGain } from "./decibel.ts";
import type { Spectrogram } from "./spectrogram.ts";

/**
 * The same magnitudes with every one not above `floorMagnitude` replaced by the estimate, which is
 * from 1 to 20 dB under the floor; 17 dB where no bin nearby is above it.
 */
export function guessBelowFloor(magnitudes: Spectrogram, floorMagnitude: number): Spectrogram {
  const { frameCount, binCount } = magnitudes;
  const data = Float32Array.from(magnitudes.data);
  const guesses = guessByCount(floorMagnitude);
  const columns = new Int32Array(binCount);
  for (let frame = 0; frame < frameCount; frame += 1) {
    countColumns(magnitudes, { frame, floorMagnitude, columns });
    const row = frame * binCount;
    const at = (bin: number): number => columns[Math.max(0, Math.min(binCount - 1, bin))]!;
    let count = 0;
    for (let bin = -BINS_BESIDE; bin < BINS_BESIDE; bin += 1) count += at(bin);
    for (let bin = 0; bin < binCount; bin += 1) {
      count += at(bin + BINS_BESIDE);
      if (data[row + bin]! <= floorMagnitude) data[row + bin] = guesses[count]!;
      count -= at(bin - BINS_BESIDE);
    }
  }
  return { frameCount, binCount, data };
}

// --- internal ---

/** The neighbourhood: this many frames and bins to each side. Small ones estimated best. */
const FRAMES_BESIDE = 1;
const BINS_BESIDE = 4;
const NEIGHBOURS = (2 * FRAMES_BESIDE + 1) * (2 * BINS_BESIDE + 1);

/** Bins with no neighbour above the floor: their mean over many recordings. */
const ALONE_DB = -17;

/** Magnitude for each possible count of neighbours above the floor, shape [NEIGHBOURS + 1]. */
function guessByCount(floorMagnitude: number): Float64Array {
  const least = decibelsToGain(ALONE_DB);
  return Float64Array.from({ length: NEIGHBOURS + 1 }, (_, count) => {
    if (count === 0) return floorMagnitude * least;
    const share = Math.min(count, NEIGHBOURS - 1) / NEIGHBOURS;
    const power = 1 / -Math.log(share) - share / (1 - share);
    return floorMagnitude * Math.sqrt(Math.max(power, least * least));
  });
}

interface Columns {
  readonly frame: number;
  readonly floorMagnitude: number;
  /** Frames around `frame` in which each bin is above the floor, shape [binCount]. */
  readonly columns: Int32Array;
}

function countColumns({ frameCount, binCount, data }: Spectrogram, into: Columns): void {
  const { frame, floorMagnitude, columns } = into;
  columns.fill(0);
  for (let beside = -FRAMES_BESIDE; beside <= FRAMES_BESIDE; beside += 1) {
    const row = Math.max(0, Math.min(frameCount - 1, frame + beside)) * binCount;
    for (let bin = 0; bin < binCount; bin += 1) {
      if (data[row + bin]! > floorMagnitude) columns[bin] = columns[bin]! + 1;
    }
  }
}
