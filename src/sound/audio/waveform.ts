/** The outline of a sound that keeps its peaks: even a click of one sample is visible. */

export interface Waveform {
  /** Lowest sample of each column in any channel, shape [columns]. */
  readonly lows: Float32Array;
  /** Highest sample, shape [columns]. */
  readonly highs: Float32Array;
}

/**
 * @param channels Shape [channels][time].
 * @returns As many columns as asked for, or as there are samples where these are fewer.
 */
export function waveformOf(channels: readonly Float32Array[], columnCount: number): Waveform {
  const length = channels[0]?.length ?? 0;
  return outlined(Math.min(columnCount, length), (column, columns) => {
    const start = Math.floor((column * length) / columns);
    const end = Math.floor(((column + 1) * length) / columns);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const channel of channels) {
      for (let i = start; i < end; i += 1) {
        const sample = channel[i]!;
        if (sample < low) low = sample;
        if (sample > high) high = sample;
      }
    }
    return { low, high };
  });
}

/** The same outline in fewer columns; one that is narrow enough is returned as it is. */
export function narrowed(waveform: Waveform, columnCount: number): Waveform {
  const { lows, highs } = waveform;
  if (lows.length <= columnCount) return waveform;
  return outlined(columnCount, (column, columns) => {
    const start = Math.floor((column * lows.length) / columns);
    const end = Math.floor(((column + 1) * lows.length) / columns);
    return {
      low: Math.min(...lows.subarray(start, end)),
      high: Math.max(...highs.subarray(start, end)),
    };
  });
}

/** Largest magnitude, 1 being full scale; 0 for no columns. */
export function peakOf({ lows, highs }: Waveform): number {
  let peak = 0;
  for (let i = 0; i < lows.length; i += 1) peak = Math.max(peak, -lows[i]!, highs[i]!);
  return peak;
}

function outlined(
  columns: number,
  extremes: (column: number, columns: number) => { readonly low: number; readonly high: number },
): Waveform {
  const lows = new Float32Array(columns);
  const highs = new Float32Array(columns);
  for (let column = 0; column < columns; column += 1) {
    const { low, high } = extremes(column, columns);
    lows[column] = low;
    highs[column] = high;
  }
  return { lows, highs };
}
