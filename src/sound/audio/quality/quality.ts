/**
 * Whether a sound is technically sound: green, yellow or red, with the reasons.
 *
 * It judges technical faults, not taste. Every measured number is given too, and is finite.
 */

import { offsetOf } from "../corpus/flaws.ts";
import { peakOfChannels } from "../level.ts";
import { durationSeconds, lengthOf, type Sound } from "../sound.ts";
import { bandwidthOf } from "./bandwidth.ts";
import { clicksOf } from "./clicks.ts";
import { type Clipping, clippingOf } from "./clipping.ts";
import { dropoutsOf } from "./dropouts.ts";
import { findingsOf } from "./findings.ts";
import { LEVEL_MIN_DBFS, loudestDbfs } from "./loudest.ts";
import { soundOverNoiseDb } from "./noise-floor.ts";
import { powerFramesOf } from "./power-frames.ts";
import type { QualityMeasures, QualityReport } from "./quality-types.ts";
import { spursOf } from "./spurs.ts";

/** Dropouts and clicks that are listed; more are counted as this many. */
const LISTED_MAX = 100;

/**
 * Judges a sound.
 *
 * @example
 * const { rating, findings } = qualityOf(await readSound("take.wav"));
 * console.log(rating, findings.map(({ message }) => message).join("; "));
 */
export function qualityOf(sound: Sound): QualityReport {
  const measures = measured(sound);
  const findings = findingsOf(measures);
  return { rating: findings[0]?.severity ?? "green", findings, measures };
}

function measured(sound: Sound): QualityMeasures {
  const { sampleRate } = sound;
  const { channels, notNumbers } = finite(sound.channels);
  const peak = peakOfChannels(channels);
  const frames = peak > 0 ? powerFramesOf({ sampleRate, channels }) : undefined;
  const each = <T>(of: (samples: Float32Array) => readonly T[]): T[] => channels.flatMap(of);
  return {
    durationSeconds: lengthOf(sound) === 0 ? 0 : durationSeconds(sound),
    notNumbers,
    peakDbfs: Math.max(LEVEL_MIN_DBFS, 20 * Math.log10(Math.max(peak, 1e-30))),
    loudestDbfs: loudestDbfs(channels, sampleRate),
    clipping: mostClipped(channels.map((samples) => clippingOf(samples, peak))),
    offset: channels
      .map((samples) => offsetOf(samples, sampleRate))
      .reduce((most, offset) => (Math.abs(offset) > Math.abs(most) ? offset : most), 0),
    dropouts: unique(
      each((samples) => dropoutsOf(samples, sampleRate)).map(({ at, length }) => ({
        atSeconds: at / sampleRate,
        seconds: length / sampleRate,
      })),
    ),
    clicks: unique(
      each((samples) => clicksOf(samples, sampleRate)).map(({ at, overDb }) => ({
        atSeconds: at / sampleRate,
        overDb,
      })),
    ),
    soundOverNoiseDb: (frames && soundOverNoiseDb(frames)) ?? null,
    spurs: frames === undefined ? [] : spursOf(frames),
    bandwidthHz: (frames && bandwidthOf(frames)) ?? null,
  };
}

function finite(channels: readonly Float32Array[]): {
  readonly channels: readonly Float32Array[];
  readonly notNumbers: number;
} {
  let notNumbers = 0;
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i += 1) if (!Number.isFinite(samples[i])) notNumbers += 1;
  }
  if (notNumbers === 0) return { channels, notNumbers };
  const mended = channels.map((samples) =>
    samples.map((value) => (Number.isFinite(value) ? value : 0)),
  );
  return { channels: mended, notNumbers };
}

function mostClipped(ofChannels: readonly Clipping[]): QualityMeasures["clipping"] {
  const worst = ofChannels.reduce((most, one) => (one.share > most.share ? one : most), {
    count: 0,
    share: 0,
  });
  return { count: worst.count, share: worst.share };
}

/** In order of time; what both channels have counts once. */
function unique<T extends { readonly atSeconds: number }>(found: readonly T[]): T[] {
  const sorted = [...found].sort((a, b) => a.atSeconds - b.atSeconds);
  return sorted
    .filter((one, i) => i === 0 || one.atSeconds - sorted[i - 1]!.atSeconds > SAME_SECONDS)
    .slice(0, LISTED_MAX);
}

const SAME_SECONDS = 0.002;
