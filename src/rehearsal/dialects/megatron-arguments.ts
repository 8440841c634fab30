/** The arguments that Megatron-LM lists when it starts: the run's own, merged into the defaults. */

import { checkpointFolder, type Facts, ropeTheta, sizesOf, stableDecaySteps } from "./facts.ts";
import { fileName, pythonFloat } from "./formats.ts";
import { DEFAULT_ARGUMENTS } from "./megatron-default-arguments.ts";
import { INITIAL_LOSS_SCALE } from "./megatron-loss-scale.ts";
import { hasWholeGradients } from "./megatron-memory.ts";
import { evaluationBatches } from "./pauses.ts";

/** Name and value, in the order in which the program prints them. */
export function megatronArguments(facts: Facts): [name: string, value: string][] {
  const all: Values = {
    ...DEFAULT_ARGUMENTS,
    ...modelArguments(facts),
    ...parallelArguments(facts),
    ...recipeArguments(facts),
    ...scheduleArguments(facts),
  };
  return Object.entries(all)
    .map(([name, value]): [string, string] => [name, String(value)])
    .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

type Values = Record<string, string | number>;

/** Sharded checkpoints of a fully sharded model have a format of their own. */
export function checkpointFormat({ cluster }: Facts): string {
  return cluster?.sharding === "full" ? "fsdp_dtensor" : "torch_dist";
}

export function stepsPerEvaluation({ recipe, plan }: Facts): number {
  return recipe?.stepsPerEvaluation ?? plan?.stepsPerEpoch ?? 1000;
}

function flag(isSet: boolean): string {
  return isSet ? "True" : "False";
}

function modelArguments(facts: Facts): Values {
  const sizes = sizesOf(facts);
  const { model } = facts;
  const isGated = model?.gated ?? true;
  return {
    add_bias_linear: flag(!isGated),
    apply_rope_fusion: flag(isGated),
    encoder_num_layers: sizes.layers,
    encoder_seq_length: sizes.sequence,
    ffn_hidden_size: sizes.feedForward,
    group_query_attention: flag(sizes.kvHeads < sizes.heads),
    hidden_size: sizes.hidden,
    kv_channels: sizes.headSize,
    max_position_embeddings: sizes.sequence,
    normalization: isGated ? "RMSNorm" : "LayerNorm",
    num_attention_heads: sizes.heads,
    num_experts: sizes.experts === 0 ? "None" : sizes.experts,
    num_layers: sizes.layers,
    num_query_groups: sizes.kvHeads < sizes.heads ? sizes.kvHeads : "None",
    position_embedding_type: isGated ? "rope" : "learned_absolute",
    rotary_base: ropeTheta(facts),
    seq_length: sizes.sequence,
    swiglu: flag(isGated),
    tokenizer_model: `/data/tokenizers/${fileName(model?.tokenizer ?? "text")}`,
    tokenizer_type: "HuggingFaceTokenizer",
    untie_embeddings_and_output_weights: flag(!(model?.tiedEmbeddings ?? false)),
    use_flash_attn: "True",
    ...(sizes.experts > 0 && {
      moe_aux_loss_coeff: "0.01",
      moe_ffn_hidden_size: sizes.feedForward,
      moe_grouped_gemm: "True",
      moe_router_topk: model?.expertsPerToken ?? 2,
      moe_token_dispatcher_type: "alltoall",
    }),
    ...(sizes.experts === 0 && { moe_grouped_gemm: "False" }),
  };
}

function parallelArguments(facts: Facts): Values {
  const sizes = sizesOf(facts);
  const sharding = facts.cluster?.sharding;
  const isFull = sharding === "full";
  const isShared = sizes.data > 1;
  const isSharded = isShared && sharding !== "none";
  return {
    context_parallel_size: sizes.context,
    data_parallel_sharding_strategy: isFull ? "optim_grads_params" : "no_shard",
    data_parallel_size: sizes.data,
    expert_model_parallel_size: sizes.expert,
    expert_tensor_parallel_size: sizes.tensor,
    inprocess_active_world_size: sizes.worldSize,
    overlap_grad_reduce: flag(isShared),
    overlap_p2p_comm: "False",
    overlap_param_gather: flag(isSharded),
    pipeline_model_parallel_size: sizes.pipeline,
    ...recomputeArguments(facts.recipe?.recompute),
    sequence_parallel: flag(sizes.tensor > 1),
    tensor_model_parallel_size: sizes.tensor,
    transformer_pipeline_model_parallel_size: sizes.pipeline,
    use_distributed_optimizer: flag(isSharded),
    use_megatron_fsdp: flag(isFull),
    world_size: sizes.worldSize,
  };
}

function recomputeArguments(kind: "none" | "selective" | "full" | undefined): Values {
  if (kind === undefined || kind === "none") return { recompute_granularity: "None" };
  if (kind === "selective")
    return { recompute_granularity: kind, recompute_modules: "['core_attn']" };
  return { recompute_granularity: kind, recompute_method: "uniform", recompute_num_layers: 1 };
}

function recipeArguments(facts: Facts): Values {
  const sizes = sizesOf(facts);
  const { recipe, plan, dataset, started } = facts;
  const precision = recipe?.precision ?? "bf16";
  const isHalf = precision === "fp16";
  return {
    accumulate_allreduce_grads_in_fp32: flag(!isHalf && hasWholeGradients(facts)),
    adam_beta1: "0.9",
    adam_beta2: "0.95",
    async_save: "True",
    bf16: flag(!isHalf),
    // Where the scale is moved by overflows, they must not stop the run.
    check_for_nan_in_loss_and_grad: flag(!isHalf),
    ckpt_format: checkpointFormat(facts),
    clip_grad: pythonFloat(recipe?.clipNorm ?? 1),
    data_path: `['/data/${fileName(dataset?.name ?? "text")}_text_document']`,
    end_weight_decay: "0.1",
    eval_interval: stepsPerEvaluation(facts),
    eval_iters: evaluationBatches(facts),
    fp16: flag(isHalf),
    fp8: precision === "fp8" ? "hybrid" : "None",
    global_batch_size: sizes.globalBatch,
    grad_reduce_in_bf16: flag(!isHalf && !hasWholeGradients(facts)),
    ...(isHalf && { initial_loss_scale: pythonFloat(INITIAL_LOSS_SCALE) }),
    load: checkpointFolder(facts),
    log_interval: 1,
    log_throughput: "True",
    micro_batch_size: sizes.microBatch,
    params_dtype: isHalf ? "torch.float16" : "torch.bfloat16",
    rampup_batch_size: rampText(facts),
    save: checkpointFolder(facts),
    save_interval: recipe?.stepsPerCheckpoint ?? plan?.stepsPerEpoch ?? 1000,
    seed: started?.seed ?? 1234,
    split: "990,9,1",
    start_weight_decay: "0.1",
    train_iters: sizes.steps,
    weight_decay: "0.1",
  };
}

/** As the program calls them. */
export function decayStyle({ recipe }: Facts): string {
  return recipe?.schedule === "wsd" ? "WSD" : "cosine";
}

function scheduleArguments(facts: Facts): Values {
  const { steps } = sizesOf(facts);
  const { recipe } = facts;
  const isStable = recipe?.schedule === "wsd";
  return {
    lr: pythonFloat(recipe?.peakLearningRate ?? 0),
    lr_decay_iters: steps,
    lr_decay_style: decayStyle(facts),
    lr_warmup_iters: recipe?.warmupSteps ?? 0,
    min_lr: pythonFloat(recipe?.finalLearningRate ?? 0),
    // Both are not allowed; what another batch makes of the schedule is not that of the checkpoint.
    override_opt_param_scheduler: flag(facts.resharded !== undefined),
    use_checkpoint_opt_param_scheduler: flag(facts.resharded === undefined),
    ...(isStable && {
      lr_wsd_decay_iters: stableDecaySteps(facts),
      lr_wsd_decay_style: "linear",
    }),
  };
}

/** Start, step and samples of the ramp. */
function rampText({ recipe }: Facts): string {
  const ramp = recipe?.batchRamp ?? [];
  const [first, second] = ramp;
  if (first === undefined || recipe === undefined) return "None";
  const start = first.globalBatchSequences;
  const step = (second?.globalBatchSequences ?? recipe.globalBatchSequences) - start;
  let consumed = 0;
  // The batch grows by a step whenever so many samples more have been consumed, or at once after.
  const perStep = ramp.map(({ untilStep, globalBatchSequences }, i) => {
    consumed += (untilStep - (ramp[i - 1]?.untilStep ?? 0)) * globalBatchSequences;
    return consumed / (i + 1);
  });
  const samples = Math.floor(Math.min(...perStep) * ramp.length);
  return `['${start}', '${step}', '${samples}']`;
}
