/**
 * Models that a run can be planned or simulated for.
 *
 * Shapes are the published configurations; counts follow from them exactly.
 */

import { UserError } from "../../errors.ts";
import { nearestWord } from "../../suggest.ts";
import type { Architecture } from "./architecture.ts";
import { bare, gated, plain, routed } from "./model-shapes.ts";

export interface Model {
  readonly name: string;
  readonly family: string;
  readonly tokenizer: string;
  /** Longest sequence it was made for, in tokens. */
  readonly contextTokens: number;
  readonly shape: Architecture;
  /** A joke; only shown when asked for. @default false */
  readonly isFunny?: boolean;
}

interface Family {
  readonly family: string;
  readonly tokenizer: string;
  readonly contextTokens: number;
  readonly models: Readonly<Record<string, Architecture>>;
  readonly isFunny?: boolean;
}

const MLA = { queryRank: 1536, kvRank: 512, nopeDim: 128, ropeDim: 64, valueDim: 128 } as const;
const QWEN_BIAS = { attentionBias: "qkv" } as const;
const QWEN3 = { qkNorm: "head" } as const;
const TIED = { tiedEmbeddings: true } as const;
const GEMMA = { tiedEmbeddings: true, normsPerLayer: 4 } as const;
const OLMO = { qkNorm: "full" } as const;
const NEOX = { tiedEmbeddings: false } as const;
const OSS = {
  attentionBias: "all",
  mlpBias: true,
  routerBias: true,
  attentionSinks: true,
} as const;

const FAMILIES: readonly Family[] = [
  {
    family: "GPT",
    tokenizer: "GPT-2 BPE",
    contextTokens: 2048,
    models: {
      "GPT-2-124M": { ...plain([12, 768], 12, 50257), positions: 1024 },
      "GPT-2-355M": { ...plain([24, 1024], 16, 50257), positions: 1024 },
      "GPT-2-774M": { ...plain([36, 1280], 20, 50257), positions: 1024 },
      "GPT-2-1.5B": { ...plain([48, 1600], 25, 50257), positions: 1024 },
      "GPT-3-175B": { ...plain([96, 12288], 96, 50257), positions: 2048 },
      "OPT-6.7B": { ...plain([32, 4096], 32, 50272), positions: 2050 },
      "OPT-175B": { ...plain([96, 12288], 96, 50272), positions: 2050 },
      "GPT-J-6B": {
        ...plain([28, 4096], 16, 50400),
        ...NEOX,
        attentionBias: "none",
        normsPerLayer: 1,
        headBias: true,
      },
    },
  },
  {
    family: "NeoX",
    tokenizer: "GPT-NeoX BPE",
    contextTokens: 2048,
    models: {
      "GPT-NeoX-20B": { ...plain([44, 6144], 64, 50432), ...NEOX },
      "Pythia-1B": { ...plain([16, 2048], 8, 50304), ...NEOX },
      "Pythia-6.9B": { ...plain([32, 4096], 32, 50432), ...NEOX },
      "Pythia-12B": { ...plain([36, 5120], 40, 50688), ...NEOX },
      "MPT-7B": bare([32, 4096], 32, 50432),
      "MPT-30B": bare([48, 7168], 64, 50432),
    },
  },
  {
    family: "BLOOM",
    tokenizer: "BLOOM BPE",
    contextTokens: 2048,
    models: { "BLOOM-176B": { ...plain([70, 14336], 112, 250880), embeddingNorm: true } },
  },
  {
    family: "Falcon",
    tokenizer: "Falcon BPE",
    contextTokens: 2048,
    models: {
      "Falcon-7B": { ...bare([32, 4544], 71, 65024), kvHeads: 1, norm: "layer", normsPerLayer: 1 },
      "Falcon-40B": { ...bare([60, 8192], 128, 65024), kvHeads: 8, norm: "layer" },
      "Falcon-180B": { ...bare([80, 14848], 232, 65024), kvHeads: 8, norm: "layer" },
    },
  },
  {
    family: "Llama",
    tokenizer: "Llama SentencePiece",
    contextTokens: 4096,
    models: {
      "LLaMA-65B": gated([80, 8192], [64, 64, 128], [22016, 32000]),
      "Llama-2-7B": gated([32, 4096], [32, 32, 128], [11008, 32000]),
      "Llama-2-13B": gated([40, 5120], [40, 40, 128], [13824, 32000]),
      "Llama-2-70B": gated([80, 8192], [64, 8, 128], [28672, 32000]),
      "TinyLlama-1.1B": gated([22, 2048], [32, 4, 64], [5632, 32000]),
    },
  },
  {
    family: "Yi",
    tokenizer: "Yi SentencePiece",
    contextTokens: 4096,
    models: { "Yi-34B": gated([60, 7168], [56, 8, 128], [20480, 64000]) },
  },
  {
    family: "Llama 3",
    tokenizer: "Llama 3 tiktoken",
    contextTokens: 131072,
    models: {
      "Llama-3-8B": gated([32, 4096], [32, 8, 128], [14336, 128256]),
      "Llama-3-70B": gated([80, 8192], [64, 8, 128], [28672, 128256]),
      "Llama-3.1-8B": gated([32, 4096], [32, 8, 128], [14336, 128256]),
      "Llama-3.1-70B": gated([80, 8192], [64, 8, 128], [28672, 128256]),
      "Llama-3.1-405B": gated([126, 16384], [128, 8, 128], [53248, 128256]),
      "Llama-3.2-1B": { ...gated([16, 2048], [32, 8, 64], [8192, 128256]), ...TIED },
      "Llama-3.2-3B": { ...gated([28, 3072], [24, 8, 128], [8192, 128256]), ...TIED },
      "SmolLM3-3B": { ...gated([36, 2048], [16, 4, 128], [11008, 128256]), ...TIED },
    },
  },
  {
    family: "Llama 4",
    tokenizer: "Llama 4 tiktoken",
    contextTokens: 262144,
    models: {
      "Llama-4-Scout": routed(gated([48, 5120], [40, 8, 128], [8192, 202048]), [16, 1], {
        sharedFfn: 8192,
      }),
      "Llama-4-Maverick": routed(gated([48, 5120], [40, 8, 128], [8192, 202048]), [128, 1], {
        sharedFfn: 8192,
        expertEvery: 2,
        denseFfn: 16384,
      }),
    },
  },
  {
    family: "Mistral",
    tokenizer: "Mistral SentencePiece",
    contextTokens: 32768,
    models: {
      "Mistral-7B": gated([32, 4096], [32, 8, 128], [14336, 32000]),
      "Mistral-7B-v0.3": gated([32, 4096], [32, 8, 128], [14336, 32768]),
      "Mistral-Large-2": gated([88, 12288], [96, 8, 128], [28672, 32768]),
      "Mixtral-8x7B": routed(gated([32, 4096], [32, 8, 128], [14336, 32000]), [8, 2]),
      "Mixtral-8x22B": routed(gated([56, 6144], [48, 8, 128], [16384, 32000]), [8, 2]),
    },
  },
  {
    family: "Mistral Nemo",
    tokenizer: "Tekken",
    contextTokens: 131072,
    models: {
      "Mistral-Nemo-12B": gated([40, 5120], [32, 8, 128], [14336, 131072]),
      "Mistral-Small-24B": gated([40, 5120], [32, 8, 128], [32768, 131072]),
    },
  },
  {
    family: "Qwen",
    tokenizer: "Qwen BPE",
    contextTokens: 131072,
    models: {
      "Qwen2.5-0.5B": { ...gated([24, 896], [14, 2, 64], [4864, 151936]), ...TIED, ...QWEN_BIAS },
      "Qwen2.5-1.5B": { ...gated([28, 1536], [12, 2, 128], [8960, 151936]), ...TIED, ...QWEN_BIAS },
      "Qwen2.5-7B": { ...gated([28, 3584], [28, 4, 128], [18944, 152064]), ...QWEN_BIAS },
      "Qwen2.5-14B": { ...gated([48, 5120], [40, 8, 128], [13824, 152064]), ...QWEN_BIAS },
      "Qwen2.5-32B": { ...gated([64, 5120], [40, 8, 128], [27648, 152064]), ...QWEN_BIAS },
      "Qwen2.5-72B": { ...gated([80, 8192], [64, 8, 128], [29568, 152064]), ...QWEN_BIAS },
      "Qwen3-0.6B": { ...gated([28, 1024], [16, 8, 128], [3072, 151936]), ...TIED, ...QWEN3 },
      "Qwen3-4B": { ...gated([36, 2560], [32, 8, 128], [9728, 151936]), ...TIED, ...QWEN3 },
      "Qwen3-8B": { ...gated([36, 4096], [32, 8, 128], [12288, 151936]), ...QWEN3 },
      "Qwen3-14B": { ...gated([40, 5120], [40, 8, 128], [17408, 151936]), ...QWEN3 },
      "Qwen3-32B": { ...gated([64, 5120], [64, 8, 128], [25600, 151936]), ...QWEN3 },
      "Qwen3-30B-A3B": routed(gated([48, 2048], [32, 4, 128], [768, 151936]), [128, 8], QWEN3),
      "Qwen3-235B-A22B": routed(gated([94, 4096], [64, 4, 128], [1536, 151936]), [128, 8], QWEN3),
    },
  },
  {
    family: "DeepSeek",
    tokenizer: "DeepSeek BPE",
    contextTokens: 131072,
    models: {
      "DeepSeek-V2-Lite": routed(gated([27, 2048], [16, 16, 192], [1408, 102400]), [64, 6], {
        sharedFfn: 2816,
        denseLayers: 1,
        denseFfn: 10944,
        latentAttention: { ...MLA, queryRank: 0 },
      }),
      "DeepSeek-V3": routed(gated([61, 7168], [128, 128, 192], [2048, 129280]), [256, 8], {
        sharedFfn: 2048,
        denseLayers: 3,
        denseFfn: 18432,
        routerBias: true,
        latentAttention: MLA,
      }),
    },
  },
  {
    family: "Kimi",
    tokenizer: "Kimi tiktoken",
    contextTokens: 131072,
    models: {
      "Kimi-K2": routed(gated([61, 7168], [64, 64, 192], [2048, 163840]), [384, 8], {
        sharedFfn: 2048,
        denseLayers: 1,
        denseFfn: 18432,
        routerBias: true,
        latentAttention: MLA,
      }),
    },
  },
  {
    family: "gpt-oss",
    tokenizer: "o200k tiktoken",
    contextTokens: 131072,
    models: {
      "gpt-oss-20b": routed(gated([24, 2880], [64, 8, 64], [2880, 201088]), [32, 4], OSS),
      "gpt-oss-120b": routed(gated([36, 2880], [64, 8, 64], [2880, 201088]), [128, 4], OSS),
    },
  },
  {
    family: "Gemma",
    tokenizer: "Gemma SentencePiece",
    contextTokens: 8192,
    models: {
      "Gemma-2-2B": { ...gated([26, 2304], [8, 4, 256], [9216, 256000]), ...GEMMA },
      "Gemma-2-9B": { ...gated([42, 3584], [16, 8, 256], [14336, 256000]), ...GEMMA },
      "Gemma-2-27B": { ...gated([46, 4608], [32, 16, 128], [36864, 256000]), ...GEMMA },
      "Gemma-3-27B": {
        ...gated([62, 5376], [32, 16, 128], [21504, 262144]),
        ...GEMMA,
        qkNorm: "head",
      },
    },
  },
  {
    family: "Phi",
    tokenizer: "CodeGen BPE",
    contextTokens: 2048,
    models: {
      "Phi-2": {
        ...plain([32, 2560], 32, 51200),
        ...NEOX,
        normsPerLayer: 1,
        headBias: true,
      },
    },
  },
  {
    family: "Phi",
    tokenizer: "Llama SentencePiece",
    contextTokens: 4096,
    models: { "Phi-3-mini": gated([32, 3072], [32, 32, 96], [8192, 32064]) },
  },
  {
    family: "Phi",
    tokenizer: "cl100k tiktoken",
    contextTokens: 16384,
    models: { "Phi-4": gated([40, 5120], [40, 10, 128], [17920, 100352]) },
  },
  {
    family: "OLMo",
    tokenizer: "dolma2 tiktoken",
    contextTokens: 4096,
    models: {
      "OLMo-2-7B": { ...gated([32, 4096], [32, 32, 128], [11008, 100352]), ...OLMO },
      "OLMo-2-13B": { ...gated([40, 5120], [40, 40, 128], [13824, 100352]), ...OLMO },
      "OLMo-2-32B": { ...gated([64, 5120], [40, 8, 128], [27648, 100352]), ...OLMO },
    },
  },
  {
    family: "SmolLM",
    tokenizer: "SmolLM BPE",
    contextTokens: 8192,
    models: {
      "SmolLM2-135M": { ...gated([30, 576], [9, 3, 64], [1536, 49152]), ...TIED },
      "SmolLM2-1.7B": { ...gated([24, 2048], [32, 32, 64], [8192, 49152]), ...TIED },
    },
  },
  {
    family: "Nemotron",
    tokenizer: "Nemotron SentencePiece",
    contextTokens: 4096,
    models: {
      "Nemotron-4-340B": {
        ...bare([96, 18432], 96, 256000),
        kvHeads: 8,
        tiedEmbeddings: false,
        norm: "layer",
      },
    },
  },
  {
    family: "DBRX",
    tokenizer: "cl100k tiktoken",
    contextTokens: 32768,
    models: { DBRX: routed(gated([40, 6144], [48, 8, 128], [10752, 100352]), [16, 4]) },
  },
  {
    family: "Grok",
    tokenizer: "Grok SentencePiece",
    contextTokens: 8192,
    models: {
      "Grok-1": routed(gated([64, 6144], [48, 8, 128], [32768, 131072]), [8, 2], GEMMA),
    },
  },
  {
    family: "étude",
    tokenizer: "Solfège BPE",
    contextTokens: 4096,
    isFunny: true,
    models: {
      "Humbug-3B": gated([28, 3072], [24, 8, 128], [8192, 65536]),
      "Parrot-Deluxe-13B": gated([40, 5120], [40, 8, 128], [13824, 65536]),
      "Metronome-7B": gated([32, 4096], [32, 8, 128], [11008, 65536]),
      "Overthinker-120B": gated([96, 10240], [80, 8, 128], [27648, 65536]),
      "Committee-8x9B": routed(gated([36, 4096], [32, 8, 128], [16384, 65536]), [8, 2]),
    },
  },
];

/** All models that a run can be planned or simulated for by name. */
export const MODELS: readonly Model[] = FAMILIES.flatMap(({ models, ...family }) =>
  Object.entries(models).map(([name, shape]) => ({ name, shape, ...family })),
);

/**
 * Finds a model by its name; case, dashes, dots and blanks do not matter.
 *
 * @param flag Of the option that takes a description instead.
 * @throws UserError `unknown-model` with names that begin alike, and the nearest.
 */
export function findModel(name: string, flag: "--config" | "--plan" = "--config"): Model {
  const wanted = squeezed(name);
  const found = MODELS.find((model) => squeezed(model.name) === wanted);
  if (found) return found;
  throw unknownModel(name, flag);
}

function unknownModel(name: string, flag: string): UserError {
  const wanted = squeezed(name);
  const names = MODELS.filter((model) => !model.isFunny).map((model) => model.name);
  const alike = names.filter((one) => squeezed(one).startsWith(wanted.slice(0, 4)));
  const near = nearestWord(wanted, names.map(squeezed));
  const meant = names.find((one) => squeezed(one) === near);
  const shown = (alike.length > 0 ? alike : names).join(", ");
  return new UserError({
    code: "unknown-model",
    message: `Cannot use model: found ${JSON.stringify(name)}, need one of ${shown}`,
    hint:
      meant === undefined
        ? `Use one of these names, or describe the architecture with ${flag} FILE.json.`
        : `Did you mean "${meant}"?`,
    exitCode: 2,
  });
}

function squeezed(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
