/**
 * Loss and gradient norm of a language model along its training.
 *
 * The end of a run follows Hoffmann et al. 2022 with the constants that Besiroglu et al. 2024
 * refitted: L = E + A / N^a + B / D^b. Along the way the loss lies higher while the learning rate
 * is high, and comes down as it decays (after Tissue et al. 2024, whose sum of rates is mixed into
 * D here). The two constants of that part are fitted to the start of BLOOM-176B: 5.396 after
 * 0.121 billion tokens, 2.4636 after 20.16 billion. Untouched by the fit, the law gives 2.21
 * at 85 billion, where the run's log has 2.199 to 2.220.
 */

import { exp, ln, power } from "../engine/portable-math.ts";

const FLOOR = 1.8169;
const SIZE_SCALE = 482.01;
const SIZE_EXPONENT = 0.3478;
const DATA_SCALE = 2085.43;
const DATA_EXPONENT = 0.3659;

/** How much higher the reducible part is at the full learning rate. */
const RATE_WEIGHT = 0.66;
/** Share of the sum of learning rates, against the plain count of tokens, in what was learned. */
const RATE_SUM_SHARE = 0.44;

/** Batch noise: 0.3 % of the loss at 4.2 million tokens a step (five BLOOM steps in a row). */
const NOISE_SHARE = 0.003;
const NOISE_BATCH_TOKENS = 4.2e6;
const NOISE_SHARE_MAX = 0.02;

export interface Learned {
  readonly tokens: number;
  /** Tokens, each counted by the share of the peak learning rate it was learned with. */
  readonly ratedTokens: number;
  /** Sum of the learning rates of all steps. */
  readonly rateSum: number;
  /** Of the newest step. */
  readonly rateShare: number;
}

export const NOTHING_LEARNED: Learned = { tokens: 0, ratedTokens: 0, rateSum: 0, rateShare: 0 };

export interface LossLaw {
  /** Without batch noise, in nats per token. */
  loss(learned: Learned): number;
  /** Median of the global norm before clipping. */
  gradientNorm(learned: Learned): number;
  /** Relative deviation of the loss of a batch of so many tokens from the law. */
  noiseShare(batchTokens: number): number;
  /** Of an untrained model: every token equally likely. */
  readonly start: number;
}

export interface LossLawParts {
  /** Active parameters where there are experts. */
  readonly parameters: number;
  readonly vocabulary: number;
  /** What the text and its tokenizer add, in nats. */
  readonly datasetOffset: number;
}

export function lossLaw(parts: LossLawParts): LossLaw {
  const { parameters, vocabulary, datasetOffset } = parts;
  const floor = FLOOR + SIZE_SCALE / power(parameters, SIZE_EXPONENT) + datasetOffset;
  const start = ln(vocabulary);
  const headroom = start - floor;
  return {
    start,
    noiseShare: (batchTokens) =>
      Math.min(NOISE_SHARE_MAX, NOISE_SHARE * Math.sqrt(NOISE_BATCH_TOKENS / batchTokens)),
    loss({ tokens, ratedTokens, rateSum, rateShare }) {
      if (tokens <= 0 || ratedTokens <= 0) return start;
      const mixed = RATE_SUM_SHARE * ln(ratedTokens) + (1 - RATE_SUM_SHARE) * ln(tokens);
      const reducible = DATA_SCALE * exp(-DATA_EXPONENT * mixed) * (1 + RATE_WEIGHT * rateShare);
      // Early the law would give more than an untrained model has: it bends into that.
      const bent = 1 / Math.sqrt(1 / (reducible * reducible) + 1 / (headroom * headroom));
      return floor + Math.max(bent, headroom * untrainedShare(rateSum));
    },
    gradientNorm({ tokens, rateSum }) {
      // BLOOM: 0.765 after 0.121 billion tokens, 0.174 after 20 billion, 0.14 after 146 billion.
      const falling = 0.635 * power(Math.max(1, tokens) / 1.21e8, -0.52);
      return 0.13 + 1 / (1 / falling + 1 / EARLY_NORM) + 1.5 * untrainedShare(rateSum);
    },
  };
}

/**
 * How much of an untrained model's ignorance is left after so many small steps, however many
 * tokens they had: Adam moves a weight by about the learning rate a step. By eye: with a warm-up to
 * 3e-4 in 2,000 steps the loss is near 9 after 100 steps, below 7 after 500.
 */
function untrainedShare(rateSum: number): number {
  const far = rateSum / 0.05;
  return 1 / (1 + Math.sqrt(rateSum / 0.004) + far * far);
}

/** Norms of the first steps. */
const EARLY_NORM = 6;

/** Share of the tokens guessed right, from the loss; fitted by eye to published pairs. */
export function accuracyAt(loss: number): number {
  return 1.02 * exp(-0.33 * loss);
}
