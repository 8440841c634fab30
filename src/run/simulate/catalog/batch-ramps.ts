/**
 * Published runs that began with smaller batches: noisy gradients cost little early, and small
 * batches learn more from the same tokens then.
 *
 * In halves here, whatever the real steps were: BLOOM went from 16 to 2,048 sequences over its
 * first 9.8 million samples, Llama 3 405B from 4 to 8 million tokens after 252 million and to 16
 * million after 2.87 trillion, DeepSeek-V3 from 3,072 to 15,360 sequences over 469 billion tokens,
 * Falcon-40B over its first 100 billion.
 */

export interface RampStage {
  /** Of the full batch. */
  readonly share: number;
  /** It lasts until so much of all tokens has been learned from. */
  readonly untilShare: number;
}

/** By the name of the model; the full batch follows the last stage. */
export const BATCH_RAMPS: Readonly<Record<string, readonly RampStage[]>> = {
  "BLOOM-176B": [
    { share: 1 / 8, untilShare: 0.006 },
    { share: 1 / 4, untilShare: 0.016 },
    { share: 1 / 2, untilShare: 0.044 },
  ],
  "DeepSeek-V3": [
    { share: 1 / 4, untilShare: 0.012 },
    { share: 1 / 2, untilShare: 0.032 },
  ],
  "Falcon-40B": [
    { share: 1 / 4, untilShare: 0.03 },
    { share: 1 / 2, untilShare: 0.1 },
  ],
  "Llama-3.1-405B": [
    { share: 1 / 4, untilShare: 0.00002 },
    { share: 1 / 2, untilShare: 0.184 },
  ],
};
