/**
 * Chooses a sequence of gestures and their timing, following the recordings where possible.
 */

import { below, type Random, uniform } from "../../random.ts";
import { drawGesture, type GestureCorpus, neighboursOf, newGesture } from "./gesture-path.ts";
import type { Gesture } from "./gestures.ts";
import type { PlacedGesture } from "./performance.ts";

export interface SequenceOptions {
  /** Seconds in which gestures begin. */
  readonly seconds: number;
  readonly latentsPerSecond: number;
  /** 0 keeps to gestures like the first, 1 allows any. */
  readonly evolution: number;
  /** Onset rate, as a factor of the corpus' own. */
  readonly density: number;
  readonly random: Random;
  /** What it goes on from, in order of time. @default nothing */
  readonly begun?: readonly PlacedGesture[];
}

/**
 * Probability that the gesture which follows in the recording follows here too, where there is one.
 */
const FOLLOWS_SHARE = 0.7;
/** Probability that a jump goes to any gesture, at evolution 1. */
const JUMP_SHARE = 0.8;
/** Pause after a gesture that was alone in its recording, in seconds. */
const PAUSE_SECONDS = { least: 0.02, most: 0.35 } as const;
/** Onsets closer than this fuse. */
const INTERVAL_SECONDS_MIN = 0.06;
/** A gesture with less time than this before the end is left out. */
const LAST_SECONDS_MIN = 0.15;

export function sequence(corpus: GestureCorpus, options: SequenceOptions): PlacedGesture[] {
  const { seconds, random, begun = [] } = options;
  const placed: PlacedGesture[] = [...begun];
  const last = begun.at(-1);
  const near = last === undefined ? [] : neighboursOf(corpus, last.lead);
  let lead = near[0] ?? drawGesture(corpus, random);
  const from = last === undefined ? 0 : last.atSeconds + intervalAfter(last.lead, options);
  for (let atSeconds = from; placed.length === 0 || atSeconds < seconds - LAST_SECONDS_MIN; ) {
    lead = fitting(corpus, lead, { ...options, seconds: seconds - atSeconds });
    placed.push({ ...newGesture(corpus, lead, random), atSeconds });
    atSeconds += intervalAfter(lead, options);
    lead = nextAfter(corpus, lead, options);
  }
  return placed;
}

/**
 * Near the end, prefers a gesture that ends in time: this one, or the longest similar one that
 * fits.
 */
function fitting(
  corpus: GestureCorpus,
  lead: Gesture,
  { seconds, latentsPerSecond }: SequenceOptions,
): Gesture {
  const most = seconds * latentsPerSecond;
  if (lead.length <= most) return lead;
  const fits = neighboursOf(corpus, lead).filter(({ length }) => length <= most);
  return fits.reduce((best, one) => (one.length > best.length ? one : best), fits[0] ?? lead);
}

function intervalAfter(lead: Gesture, options: SequenceOptions): number {
  const { latentsPerSecond, density, random } = options;
  const own =
    lead.untilNext === undefined
      ? lead.length / latentsPerSecond + uniform(random, PAUSE_SECONDS.least, PAUSE_SECONDS.most)
      : lead.untilNext / latentsPerSecond;
  return Math.max(INTERVAL_SECONDS_MIN, own / density);
}

function nextAfter(
  corpus: GestureCorpus,
  lead: Gesture,
  { evolution, random }: SequenceOptions,
): Gesture {
  if (random.next() < JUMP_SHARE * evolution) return drawGesture(corpus, random);
  const { gestures } = corpus;
  const follower = gestures[gestures.indexOf(lead) + 1];
  if (follower?.file === lead.file && random.next() < FOLLOWS_SHARE) return follower;
  const near = neighboursOf(corpus, lead);
  return near[below(random, near.length)] ?? lead;
}
