/** Short ways to write down the shapes of the families that most models belong to. */

import type { Architecture } from "./architecture.ts";

type Size = readonly [layers: number, hidden: number];
type Heads = readonly [heads: number, kvHeads: number, headDim: number];

/** Gated block, RMS norms, no biases, rotary positions, separate output matrix. */
export function gated(
  size: Size,
  heads: Heads,
  [ffn, vocab]: readonly [ffn: number, vocab: number],
): Architecture {
  return {
    layers: size[0],
    hidden: size[1],
    heads: heads[0],
    kvHeads: heads[1],
    headDim: heads[2],
    ffn,
    vocab,
    tiedEmbeddings: false,
    gatedMlp: true,
  };
}

/** GPT-2 style: plain block of four times the width, layer norms, biases everywhere, tied. */
export function plain(size: Size, heads: number, vocab: number): Architecture {
  return {
    layers: size[0],
    hidden: size[1],
    heads,
    kvHeads: heads,
    headDim: size[1] / heads,
    ffn: 4 * size[1],
    vocab,
    tiedEmbeddings: true,
    gatedMlp: false,
    attentionBias: "all",
    mlpBias: true,
    norm: "layer",
  };
}

/** The same without biases and with gains only in the norms (MPT, Falcon with grouped queries). */
export function bare(size: Size, heads: number, vocab: number): Architecture {
  return { ...plain(size, heads, vocab), attentionBias: "none", mlpBias: false, norm: "rms" };
}

/** Routed experts in place of the feed-forward block. */
export function routed(
  shape: Architecture,
  [experts, expertsPerToken]: readonly [experts: number, perToken: number],
  more: Partial<Architecture> = {},
): Architecture {
  return { ...shape, experts, expertsPerToken, ...more };
}
