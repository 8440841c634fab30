/**
 * Published runs that began with smaller batches: noisy gradients cost little early, and small
 * batches learn more from the same tokens then.
 *
 * In even steps here, as Megatron-LM's own ramp has them, whatever the real ones were: BLOOM went
 * from 16 to 2,048 sequences over its first 9.8 million samples, Llama 3 405B from 4 to 8 million
 * tokens after 252 million and to 16 million after 2.87 trillion, DeepSeek-V3 from 3,072 to 15,360
 * sequences over 469 billion tokens, Falcon-40B over its first 100 billion.
 */

export interface BatchRamp {
  /** It begins with one in so many parts of the full batch, and grows by one at a time. */
  readonly parts: number;
  /** The batch is full when so much of all tokens has been learned from. */
  readonly untilShare: number;
}

/** By the name of the model. */
export const BATCH_RAMPS: Readonly<Record<string, BatchRamp>> = {
  "BLOOM-176B": { parts: 8, untilShare: 0.044 },
  "DeepSeek-V3": { parts: 4, untilShare: 0.032 },
  "Falcon-40B": { parts: 4, untilShare: 0.1 },
  "Llama-3.1-405B": { parts: 4, untilShare: 0.184 },
};
