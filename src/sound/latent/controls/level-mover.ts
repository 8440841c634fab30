/**
 * Moves the fluctuation of a sound's level on its samples, block by block: modulation (tremolo) and
 * roughness.
 *
 * Followers of the level at three speeds split it as `audio/descriptors/fluctuation.ts` does. More
 * of a part: a modulator is laid over it; less: the part is taken back. Nothing that comes is
 * needed, so a stream can use it.
 */

/** Wanted changes; 0 holds. */
export interface LevelMove {
  /** In dB RMS. */
  readonly modulation: number;
  /** In dB RMS. */
  readonly roughness: number;
}

export interface LevelMover {
  /** Moves the next samples in place. */
  move(samples: Float32Array): void;
}

/** Time constants of the followers. */
const FOLLOW_SECONDS = { fast: 0.004, middle: 0.025, slow: 0.2 } as const;
/** A tremolo as strings and winds play it. */
const MODULATION_HZ = 5.5;
/** Their sum never repeats within a sound, and lies where roughness is heard. */
const ROUGH_HZ = [33, 47, 71] as const;
/** Gains are computed once in so many samples. */
const STEP = 16;
const FLATTENED_DB_MAX = 9;
/** A tremolo sets in when the attack is over, as players do it. */
const ONSET_SECONDS = { from: 0.08, to: 0.2 } as const;

/** @param sampleRateHz Of the samples, whose first one begins the sound. */
export function levelMover({ modulation, roughness }: LevelMove, sampleRateHz: number): LevelMover {
  const keep = (seconds: number): number => Math.exp(-STEP / (seconds * sampleRateHz));
  const kept = [FOLLOW_SECONDS.fast, FOLLOW_SECONDS.middle, FOLLOW_SECONDS.slow].map(keep);
  const powers = [0, 0, 0];
  let [at, gain] = [0, 1];
  const gainOf = (seconds: number): number => {
    const [fast = 0, middle = 0, slow = 0] = powers.map((power) => 10 * Math.log10(power + 1e-12));
    let decibels = 0;
    if (modulation > 0) {
      const { from, to } = ONSET_SECONDS;
      const share = Math.min(1, Math.max(0, (seconds - from) / (to - from)));
      decibels += share * modulation * Math.SQRT2 * sine(MODULATION_HZ, seconds - from);
    }
    if (modulation < 0) decibels -= takenBack(modulation) * limited(middle - slow);
    if (roughness > 0) {
      const waves = ROUGH_HZ.reduce((sum, hertz) => sum + sine(hertz, seconds), 0);
      decibels += roughness * Math.sqrt(2 / ROUGH_HZ.length) * waves;
    }
    if (roughness < 0) decibels -= takenBack(roughness) * limited(fast - middle);
    return 10 ** (decibels / 20);
  };
  return {
    move: (samples) => {
      for (let start = 0; start < samples.length; start += STEP) {
        const block = samples.subarray(start, start + STEP);
        const power = block.reduce((sum, value) => sum + value * value, 0) / block.length;
        for (const [k, keeps] of kept.entries()) powers[k] = power + keeps * (powers[k]! - power);
        const next = gainOf(at / sampleRateHz);
        for (let i = 0; i < block.length; i += 1) {
          block[i] = block[i]! * (gain + ((i + 1) / STEP) * (next - gain));
        }
        gain = next;
        at += block.length;
      }
    },
  };
}

function sine(hertz: number, seconds: number): number {
  return Math.sin(2 * Math.PI * hertz * seconds);
}

/** Share of the fluctuation that is taken back: half at 2 dB. */
function takenBack(by: number): number {
  return -by / (2 - by);
}

function limited(decibels: number): number {
  return Math.min(FLATTENED_DB_MAX, Math.max(-FLATTENED_DB_MAX, decibels));
}
