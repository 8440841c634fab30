/** The loudest moment of a sound. */

/** What silence is given: no level is lower. In dB. */
export const LEVEL_MIN_DBFS = -120;

const WINDOW_SECONDS = 0.05;

/**
 * The largest root mean square of any 50 ms of any channel, in dB below full scale, without the mean
 * of the channel (a constant is not heard); at least LEVEL_MIN_DBFS. A full-scale sine has -3.
 */
export function loudestDbfs(channels: readonly Float32Array[], sampleRate: number): number {
  let most = 0;
  for (const samples of channels) {
    const window = Math.min(samples.length, Math.max(1, Math.round(WINDOW_SECONDS * sampleRate)));
    const mean = samples.reduce((sum, value) => sum + value, 0) / Math.max(1, samples.length);
    let sum = 0;
    for (let i = 0; i < samples.length; i += 1) {
      sum += (samples[i]! - mean) ** 2;
      if (i >= window) sum -= (samples[i - window]! - mean) ** 2;
      if (i >= window - 1) most = Math.max(most, sum / window);
    }
  }
  return Math.max(LEVEL_MIN_DBFS, 10 * Math.log10(Math.max(most, 1e-30)));
}
