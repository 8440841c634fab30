/** Typical pretraining runs: models on the kind of machines that they are trained on. */

import { countParameters } from "../catalog/architecture.ts";
import type { Model } from "../catalog/models.ts";
import type { StackName } from "../plan/stacks.ts";

export type PresetRun = readonly [model: string, gpu: string, gpuCount: number, tokens: number];

/** Runs of days to months. */
export const PRETRAININGS: readonly PresetRun[] = [
  ["SmolLM2-1.7B", "H100", 256, 2e12],
  ["Llama-3.1-8B", "H100", 1024, 4e12],
  ["Llama-3.1-70B", "H100", 4096, 6e12],
  ["Llama-3.1-405B", "H100", 16384, 10.5e12],
  ["Qwen3-32B", "H200", 2048, 5e12],
  ["OLMo-2-32B", "H100", 1024, 2e12],
  ["Gemma-3-27B", "B200", 1024, 6e12],
  ["DeepSeek-V3", "H800", 2048, 14.8e12],
  ["Mixtral-8x22B", "H100", 1024, 2e12],
  ["Phi-4", "H100", 1024, 3e12],
  ["BLOOM-176B", "A100-80", 384, 366e9],
  ["Falcon-40B", "A100-40", 384, 400e9],
];

export const FUNNY_PRETRAININGS: readonly PresetRun[] = [
  ["Overthinker-120B", "H200", 2048, 2e12],
  ["Committee-8x9B", "A100-80", 512, 600e9],
  ["Parrot-Deluxe-13B", "H100", 256, 1e12],
  ["Metronome-7B", "A100-80", 128, 300e9],
];

/**
 * What people take each stack for.
 *
 * Where replicas are the only way to split, each GPU wants a sequence of its own, so a batch that
 * is worth its tokens ends at some hundred GPUs; and the whole model is gathered for every
 * micro-batch, which ends at some 30 billion parameters (70 with ZeRO 3 on fast links). Such runs
 * see tens to hundreds of billions of tokens: nobody pays for more at that efficiency.
 */
export const STACK_PRETRAININGS: { readonly [N in StackName]: readonly PresetRun[] } = {
  huggingface: [
    ["Llama-3.1-8B", "H100", 64, 100e9],
    ["Mistral-7B", "A100-80", 64, 60e9],
    ["Qwen2.5-7B", "H100", 32, 50e9],
    ["Qwen2.5-14B", "H100", 128, 80e9],
    ["Gemma-2-9B", "H100", 64, 60e9],
    ["Gemma-2-27B", "H200", 256, 100e9],
    ["SmolLM2-1.7B", "H100", 16, 50e9],
    ["Llama-3.2-1B", "A100-80", 8, 20e9],
  ],
  lightning: [
    // As it was trained, with Lightning's Fabric.
    ["TinyLlama-1.1B", "A100-40", 16, 3e12],
    ["Llama-3.1-8B", "H100", 64, 100e9],
    ["Llama-2-7B", "A100-80", 64, 140e9],
    ["Falcon-7B", "A100-40", 64, 50e9],
    ["Pythia-1B", "A100-40", 64, 300e9],
    ["OLMo-2-7B", "H100", 128, 200e9],
    ["Mistral-Nemo-12B", "H100", 128, 80e9],
  ],
  deepspeed: [
    ["Llama-2-13B", "A100-80", 128, 200e9],
    ["Llama-2-70B", "A100-80", 512, 150e9],
    ["Llama-3.1-8B", "H100", 128, 300e9],
    ["Llama-3.1-70B", "H100", 512, 100e9],
    ["Yi-34B", "A800-80", 256, 150e9],
    ["Qwen2.5-32B", "H800", 256, 200e9],
    ["Phi-3-mini", "A100-80", 64, 300e9],
  ],
  torchtitan: [
    ["Llama-3.1-8B", "H100", 128, 1e12],
    ["Llama-3.1-8B", "H100", 512, 4e12],
    ["Llama-3.1-70B", "H100", 512, 2e12],
    ["Llama-3.1-70B", "H200", 1024, 4e12],
    ["Llama-3.1-405B", "H100", 2048, 2e12],
    ["Qwen3-32B", "H200", 512, 2e12],
    ["Qwen3-30B-A3B", "H100", 256, 2e12],
    ["Llama-4-Scout", "B200", 512, 3e12],
  ],
  nanotron: [
    // The first three as they were trained.
    ["SmolLM2-135M", "H100", 64, 2e12],
    ["SmolLM2-1.7B", "H100", 256, 11e12],
    ["SmolLM3-3B", "H100", 384, 11.2e12],
    ["Llama-3.2-1B", "H100", 64, 350e9],
    ["Llama-3.1-8B", "H100", 256, 1e12],
    ["Llama-3.1-70B", "H100", 512, 1e12],
  ],
};

interface Suited {
  readonly parametersMax: number;
  /** Those that it has code for. @default every model of the hub */
  readonly families?: readonly string[];
}

const SUITED: { readonly [N in StackName]: Suited } = {
  huggingface: { parametersMax: 33e9 },
  lightning: { parametersMax: 33e9 },
  deepspeed: { parametersMax: 75e9 },
  torchtitan: { parametersMax: 500e9, families: ["Llama 3", "Llama 4", "Qwen", "DeepSeek"] },
  nanotron: { parametersMax: 75e9, families: ["Llama", "Llama 3", "Qwen", "SmolLM"] },
};

/** Whether such a run is plausible with that stack, where the choice is free. */
export function suits(stack: StackName, { shape, family, isFunny = false }: Model): boolean {
  const { parametersMax, families } = SUITED[stack];
  const isKnown = isFunny || families === undefined || families.includes(family);
  return isKnown && countParameters(shape).total <= parametersMax;
}
