/** Measures how clear sounds are, compared with recordings of the same kind. */

import { median } from "../median.ts";
import { MODEL_RATE_HZ, type Spectrogram } from "../spectrogram.ts";
import { magnitudes } from "../stft.ts";
import { soundEdges } from "./edges.ts";
import { latticeDb } from "./lattice.ts";
import { toneClarity } from "./tone.ts";

/** Of one sound; undefined where it cannot be measured. */
export interface Clarity {
  readonly valleyDb?: number;
  readonly jitterCents?: number;
  readonly wobbleDb?: number;
  readonly latticeDb?: number;
  /** Energy above 8 kHz in the whole, in dB, 0 or less. */
  readonly highDb: number;
  readonly extraBursts: number;
  readonly isCut: boolean;
}

/** Plain JSON; null where no sound could be measured. Medians, but for the last two. */
export interface ClaritySummary {
  readonly count: number;
  /** Peak to valley of partials, `toneClarity`; how still tones stand. */
  readonly valleyDb: number | null;
  readonly jitterCents: number | null;
  readonly wobbleDb: number | null;
  /** Of sounds without pitch, `latticeDb`. */
  readonly latticeDb: number | null;
  readonly highDb: number | null;
  /** Mean number before an onset, `soundEdges`. */
  readonly extraBursts: number | null;
  /** Share of sounds that end at less than 24 dB below their loudest. */
  readonly cutShare: number | null;
}

const HIGH_HZ = 8000;
const HIGH_LEAST = 1e-10;
const DIED_DB = -24;

/** @param mono Samples at MODEL_RATE_HZ. @returns undefined for silence. */
export function clarityOf(mono: Float32Array): Clarity | undefined {
  const edges = soundEdges(mono);
  if (edges === undefined) return undefined;
  const spectra = magnitudes(mono);
  const tone = toneClarity(mono, spectra);
  const lattice = tone === undefined ? latticeDb(mono) : undefined;
  return {
    ...tone,
    ...(lattice !== undefined && { latticeDb: lattice }),
    highDb: highShareDb(spectra),
    extraBursts: edges.extraBursts,
    isCut: edges.endDb > DIED_DB,
  };
}

export function summariseClarity(sounds: readonly Clarity[]): ClaritySummary {
  const all = <K extends keyof Clarity>(key: K): NonNullable<Clarity[K]>[] =>
    sounds.flatMap((sound) => sound[key] ?? []);
  const middle = (values: readonly number[]): number | null =>
    values.length === 0 ? null : median(values);
  const mean = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    count: sounds.length,
    valleyDb: middle(all("valleyDb")),
    jitterCents: middle(all("jitterCents")),
    wobbleDb: middle(all("wobbleDb")),
    latticeDb: middle(all("latticeDb")),
    highDb: middle(all("highDb")),
    extraBursts: mean(all("extraBursts")),
    cutShare: mean(all("isCut").map(Number)),
  };
}

function highShareDb({ data, binCount }: Spectrogram): number {
  const edge = Math.round((HIGH_HZ / MODEL_RATE_HZ) * 2 * (binCount - 1));
  let [high, whole] = [0, 0];
  for (let i = 0; i < data.length; i += 1) {
    const power = data[i]! ** 2;
    whole += power;
    if (i % binCount >= edge) high += power;
  }
  return 10 * Math.log10(Math.max(HIGH_LEAST, high / (whole + 1e-30)));
}
