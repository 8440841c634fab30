/** The length of a loop, from bars, meter and tempo. */

export interface LoopTime {
  /** From 1. */
  readonly bars: number;
  /** Quarter notes a minute. */
  readonly bpm: number;
  /** The upper number of the time signature. */
  readonly beatsPerBar: number;
  /** The lower one: 4 for quarters, 8 for eighths. */
  readonly beatUnit: number;
}

/** Beats of the time signature. */
export function beatsOf({ bars, beatsPerBar }: LoopTime): number {
  return bars * beatsPerBar;
}

/** Not rounded to samples. */
export function loopSeconds({ bars, bpm, beatsPerBar, beatUnit }: LoopTime): number {
  return (bars * beatsPerBar * (4 / beatUnit) * 60) / bpm;
}

/** In samples, rounded to the nearest. */
export function loopLength(time: LoopTime, sampleRate: number): number {
  return Math.round(loopSeconds(time) * sampleRate);
}
