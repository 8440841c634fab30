/** The arguments that Megatron-LM lists at its start, those of them that follow from the run. */

import { checkpointFolder, type Facts, sizesOf } from "./facts.ts";
import { pythonFloat } from "./formats.ts";

/** Name and value, sorted by name as the program prints them. */
export function megatronArguments(facts: Facts): [name: string, value: string][] {
  const all = { ...modelArguments(facts), ...parallelArguments(facts), ...recipeArguments(facts) };
  return Object.entries(all)
    .map(([name, value]): [string, string] => [name, String(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

type Values = Record<string, string | number>;

function modelArguments(facts: Facts): Values {
  const sizes = sizesOf(facts);
  const { model } = facts;
  const isGated = model?.gated ?? true;
  return {
    add_bias_linear: isGated ? "False" : "True",
    attention_dropout: "0.0",
    ffn_hidden_size: sizes.feedForward,
    group_query_attention: sizes.kvHeads < sizes.heads ? "True" : "False",
    hidden_dropout: "0.0",
    hidden_size: sizes.hidden,
    init_method_std: pythonFloat(Number((0.02).toPrecision(2))),
    kv_channels: sizes.headSize,
    max_position_embeddings: sizes.sequence,
    normalization: isGated ? "RMSNorm" : "LayerNorm",
    num_attention_heads: sizes.heads,
    num_experts: sizes.experts === 0 ? "None" : sizes.experts,
    num_layers: sizes.layers,
    num_query_groups: sizes.kvHeads,
    padded_vocab_size: paddedVocabulary(facts),
    position_embedding_type: isGated ? "rope" : "learned_absolute",
    seq_length: sizes.sequence,
    swiglu: isGated ? "True" : "False",
    untie_embeddings_and_output_weights: (model?.tiedEmbeddings ?? false) ? "False" : "True",
    use_flash_attn: "True",
    ...(sizes.experts > 0 && {
      moe_grouped_gemm: "True",
      moe_router_load_balancing_type: "aux_loss",
      moe_router_topk: model?.expertsPerToken ?? 2,
      moe_token_dispatcher_type: "alltoall",
    }),
  };
}

function parallelArguments(facts: Facts): Values {
  const sizes = sizesOf(facts);
  const { recipe } = facts;
  return {
    context_parallel_size: sizes.context,
    data_parallel_size: sizes.data,
    distributed_backend: "nccl",
    distributed_timeout_minutes: 10,
    expert_model_parallel_size: sizes.expert,
    local_rank: 0,
    overlap_grad_reduce: "True",
    overlap_param_gather: "True",
    pipeline_model_parallel_size: sizes.pipeline,
    rank: 0,
    recompute_granularity: recompute(recipe?.recompute),
    sequence_parallel: sizes.tensor > 1 ? "True" : "False",
    tensor_model_parallel_size: sizes.tensor,
    transformer_pipeline_model_parallel_size: sizes.pipeline,
    use_distributed_optimizer: sizes.data > 1 ? "True" : "False",
    world_size: sizes.worldSize,
  };
}

function recompute(kind: "none" | "selective" | "full" | undefined): string {
  return kind === undefined || kind === "none" ? "None" : kind;
}

function recipeArguments(facts: Facts): Values {
  const sizes = sizesOf(facts);
  const { recipe, plan, dataset, started } = facts;
  const precision = recipe?.precision ?? "bf16";
  const rate = recipe?.peakLearningRate ?? 0;
  return {
    accumulate_allreduce_grads_in_fp32: "True",
    adam_beta1: "0.9",
    adam_beta2: "0.95",
    adam_eps: "1e-08",
    async_save: "True",
    bf16: precision === "fp16" ? "False" : "True",
    ckpt_format: "torch_dist",
    clip_grad: pythonFloat(recipe?.clipNorm ?? 1),
    data_path: `['/data/${(dataset?.name ?? "text").toLowerCase().replace(/[^a-z0-9.]+/g, "-")}_text_document']`,
    eval_interval: recipe?.stepsPerEvaluation ?? plan?.stepsPerEpoch ?? 1000,
    eval_iters: 20,
    fp16: precision === "fp16" ? "True" : "False",
    fp8: precision === "fp8" ? "hybrid" : "None",
    global_batch_size: sizes.globalBatch,
    load: checkpointFolder(facts),
    log_interval: 1,
    log_throughput: "True",
    lr: pythonFloat(rate),
    lr_decay_iters: sizes.steps,
    lr_decay_style: recipe?.schedule === "wsd" ? "WSD" : "cosine",
    lr_warmup_iters: recipe?.warmupSteps ?? 0,
    lr_warmup_init: "0.0",
    micro_batch_size: sizes.microBatch,
    min_lr: pythonFloat(recipe?.finalLearningRate ?? 0),
    optimizer: "adam",
    params_dtype: precision === "fp16" ? "torch.float16" : "torch.bfloat16",
    rampup_batch_size: rampText(facts),
    save: checkpointFolder(facts),
    save_interval: recipe?.stepsPerCheckpoint ?? plan?.stepsPerEpoch ?? 1000,
    seed: started?.seed ?? 1234,
    split: "990,9,1",
    tokenizer_type: "HuggingFaceTokenizer",
    train_iters: sizes.steps,
    transformer_impl: "transformer_engine",
    weight_decay: "0.1",
  };
}

/** Start, step and samples of the ramp, as far as Megatron can be told: it grows evenly. */
function rampText({ recipe, dataset }: Facts): string {
  const [first, second] = recipe?.batchRamp ?? [];
  if (first === undefined || recipe === undefined) return "None";
  const start = first.globalBatchSequences;
  const step = (second?.globalBatchSequences ?? recipe.globalBatchSequences) - start;
  const last = recipe.batchRamp?.at(-1);
  const samples = Math.round(((last?.untilStep ?? 0) / 2) * recipe.globalBatchSequences);
  return `['${start}', '${step}', '${Math.min(samples, dataset?.samples ?? samples)}']`;
}

/** Rows of the embedding, so that the tensor-parallel ranks hold equal parts. */
export function paddedVocabulary(facts: Facts): number {
  const { vocabulary, tensor } = sizesOf(facts);
  const multiple = 128 * tensor;
  return Math.ceil(vocabulary / multiple) * multiple;
}
