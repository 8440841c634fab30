/** Amplitude envelopes: the RMS in a sliding window. */

export interface MovingWindow {
  /** Samples in the window; the last windows of a short sound hold fewer. */
  readonly length: number;
  /** Samples from one window to the next. */
  readonly hop: number;
}

/** Shape [windows], windows = 1 + floor((time - length) / hop), at least 1. No padding. */
export function movingRms(samples: ArrayLike<number>, { length, hop }: MovingWindow): Float64Array {
  const power = new Float64Array(samples.length + 1);
  for (let i = 0; i < samples.length; i += 1) power[i + 1] = power[i]! + samples[i]! ** 2;
  const windowCount = Math.max(0, Math.floor((samples.length - length) / hop)) + 1;
  return Float64Array.from({ length: windowCount }, (_, window) => {
    const start = window * hop;
    const end = Math.min(start + length, samples.length);
    return Math.sqrt(Math.max(0, power[end]! - power[start]!) / Math.max(1, end - start));
  });
}

/**
 * Pearson's correlation. Where one of the two is constant: 1 if both are equal, otherwise 0.
 */
export function correlation(x: Float64Array, y: Float64Array): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  let across = 0;
  let powerX = 0;
  let powerY = 0;
  let same = true;
  for (let i = 0; i < x.length; i += 1) {
    const [a, b] = [x[i]! - meanX, y[i]! - meanY];
    across += a * b;
    powerX += a * a;
    powerY += b * b;
    if (Math.abs(x[i]! - y[i]!) > 1e-8 + 1e-5 * Math.abs(y[i]!)) same = false;
  }
  const flat = Math.sqrt(Math.min(powerX, powerY) / x.length) < 1e-9;
  if (flat) return same ? 1 : 0;
  return across / Math.sqrt(powerX * powerY);
}

// --- internal ---

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
