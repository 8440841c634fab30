/**
 * Loss and gradient norm of a language model along its training.
 *
 * The end of a run follows Hoffmann et al. 2022 with the constants that Besiroglu et al. 2024
 * refitted: L = E + A / N^a + B / D^b. Along the way the loss lies higher while the learning rate
 * is high, and comes down as it decays (after Tissue et al. 2024, whose sum of rates is mixed into
 * D here). The two constants of that part are fitted to the start of BLOOM-176B: 5.396 after
 * 0.121 billion tokens, 2.4636 after 20.16 billion. Untouched by the fit, the law gives 2.21
 * at 85 billion, where the run's log has 2.199 to 2.220.
 *
 * The beginning is limited by how far the weights have come (`movedWeights`), which no token count
 * says. With that part, fitted to other runs, the law gives 5.27 and 2.47 for the two of BLOOM.
 */

import { exp, ln, power } from "../engine/portable-math.ts";

/** Besiroglu et al. 2024, equation 3: E, A, a, B, b. */
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
export const NOISE_BATCH_TOKENS = 4.2e6;
/** Smaller batches are not noisier than this. Assumed. */
const NOISE_SHARE_MAX = 0.02;

export interface Learned {
  readonly tokens: number;
  /** Tokens, each counted by the share of the peak learning rate it was learned with. */
  readonly ratedTokens: number;
  /** Sum of the learning rates of all steps. */
  readonly rateSum: number;
  /** How far the rate has come down from its peak, as a share of it; 1 until it does. */
  readonly decayShare: number;
}

export const NOTHING_LEARNED: Learned = { tokens: 0, ratedTokens: 0, rateSum: 0, decayShare: 1 };

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
  /**
   * Global norm of the first gradient beyond what stays later, for 8 B parameters; the
   * initialisation decides.
   * @default 3
   */
  readonly initialNorm?: number;
}

export function lossLaw(parts: LossLawParts): LossLaw {
  const { parameters, vocabulary, datasetOffset, initialNorm = 3 } = parts;
  const floor = FLOOR + SIZE_SCALE / power(parameters, SIZE_EXPONENT) + datasetOffset;
  const start = ln(vocabulary);
  const headroom = start - floor;
  const knee = KNEE_SHARE * start;
  // Smaller models begin with larger gradients: 4.6 for 124 M parameters, 3 for 8 B.
  const firstNorm = initialNorm * power(8e9 / parameters, 0.1);
  return {
    start,
    noiseShare: (batchTokens) =>
      Math.min(NOISE_SHARE_MAX, NOISE_SHARE * Math.sqrt(NOISE_BATCH_TOKENS / batchTokens)),
    loss({ tokens, ratedTokens, rateSum, decayShare }) {
      const moved = movedWeights(parameters, rateSum);
      const early = (knee - floor) / (1 + power(moved / WORDS_LEARNED, WORDS_EXPONENT));
      const first = (start - knee) / (1 + power(moved / COUNTS_LEARNED, COUNTS_EXPONENT));
      if (tokens <= 0 || ratedTokens <= 0) return floor + early + first;
      const mixed = RATE_SUM_SHARE * ln(ratedTokens) + (1 - RATE_SUM_SHARE) * ln(tokens);
      const height = 1 + RATE_WEIGHT * decayShare * (ratedTokens / tokens);
      const reducible = DATA_SCALE * exp(-DATA_EXPONENT * mixed) * height;
      // Early the law would give more than an untrained model has: it bends into that.
      const bent = 1 / Math.sqrt(1 / (reducible * reducible) + 1 / (headroom * headroom));
      // What limits more prevails: the data, or how far the weights have come.
      const limited = Math.sqrt(Math.sqrt(fourthPower(bent) + fourthPower(early)));
      return floor + Math.min(limited, knee - floor) + first;
    },
    gradientNorm({ tokens, rateSum }) {
      const moved = movedWeights(parameters, rateSum);
      // Fitted to BLOOM: 0.765 after 0.121 billion tokens, 0.174 after 20 billion, 0.14 after 146
      // billion. What is left of the beginning adds 20 to 30 % to the last two.
      const falling = 0.635 * power(Math.max(1, tokens) / 1.21e8, -0.52);
      const settled = 1 / (1 / falling + 1 / SETTLED_NORM);
      const words = 1 / (1 + power(moved / WORDS_LEARNED, WORDS_EXPONENT));
      const counts = firstNorm / (1 + power(moved / COUNTS_LEARNED, COUNTS_EXPONENT));
      return 0.13 + words * Math.sqrt(words) + (1 - words) * settled + counts;
    },
  };
}

/** Engines differ in the last bit of `**`. */
function fourthPower(x: number): number {
  const square = x * x;
  return square * square;
}

/**
 * How far Adam has moved the weights: by about the learning rate a step, which does more to a
 * wide model. In learning rates of a model of 8 B parameters, whose width goes with the cube root.
 */
function movedWeights(parameters: number, rateSum: number): number {
  return rateSum * power(parameters / 8e9, 1 / 3);
}

/**
 * First a model learns how frequent each token is, which takes it to the knee at two thirds of
 * what it began with. Fitted to the first six steps of a Llama 3 with 1 B parameters at rates of
 * 1.7e-5 to 5.8e-5 (tinygrad issue 11467: 10.50, 10.48, 10.37, 10.16, 9.83, 9.38).
 */
const KNEE_SHARE = 0.65;
const COUNTS_LEARNED = 1.55e-4;
const COUNTS_EXPONENT = 1.8;

/**
 * Then which words go together, however many tokens each step has. By eye: 8 B parameters that warm
 * up to 3e-4 in 2,000 steps of 4 M tokens have a loss of 5.5 after 500 steps, 4.2 after 1,000 and
 * 3.2 after 2,000.
 */
const WORDS_LEARNED = 0.038;
const WORDS_EXPONENT = 0.65;

/** Assumed. Of the gradient of a model that has had few tokens but knows how frequent they are. */
const SETTLED_NORM = 2;

/** Share of the tokens guessed right, from the loss; fitted by eye to published pairs. */
export function accuracyAt(loss: number): number {
  return 1.02 * exp(-0.33 * loss);
}
