/** The configurations that nanotron prints at its start, laid out as Python's `pformat` does it. */

import {
  checkpointFolder,
  type Facts,
  ropeTheta,
  sizesOf,
  slug,
  stableDecaySteps,
} from "./facts.ts";
import { fileName, pythonFloat } from "./formats.ts";

/** A name, and a value or the fields of another object. */
type Field = readonly [name: string, value: string | number | Shown];

interface Shown {
  readonly type: string;
  readonly fields: readonly Field[];
}

export function configLines(facts: Facts): string[] {
  const { started, model, dataset } = facts;
  const seed = started?.seed ?? 0;
  const data: readonly Field[] = [
    ["dataset", `NanosetDatasetsArgs(dataset_folder='/data/${fileName(dataset?.name ?? "text")}')`],
    ["seed", seed],
    ["num_loading_workers", 1],
  ];
  return shownLines(
    shown("Config", [
      ["general", shown("GeneralArgs", generalFields(facts))],
      ["parallelism", shown("ParallelismArgs", parallelFields(facts))],
      [
        "model",
        shown("ModelArgs", [
          ["model_config", modelShown(facts)],
          ["init_method", "RandomInit(std=0.02)"],
          ["dtype", "torch.bfloat16"],
          ["make_vocab_size_divisible_by", 1],
          ["ddp_bucket_cap_mb", 25],
        ]),
      ],
      ["tokenizer", tokenizerText(model?.tokenizer ?? "text")],
      ["checkpoints", shown("CheckpointsArgs", checkpointFields(facts))],
      [
        "logging",
        "LoggingArgs(log_level='info', log_level_replica='info', iteration_step_info_interval=1)",
      ],
      ["tokens", shown("TokensArgs", tokenFields(facts))],
      ["optimizer", shown("OptimizerArgs", optimizerFields(facts))],
      [
        "data_stages",
        shown("[DatasetStageArgs", [
          ["name", "'Training Stage'"],
          ["start_training_step", 1],
          ["data", shown("DataArgs", data)],
        ]),
      ],
      ["profiler", "None"],
      ["lighteval", "None"],
      ["s3_upload", "None"],
    ]),
  );
}

export function modelConfigLines(facts: Facts): string[] {
  return shownLines(modelShown(facts));
}

function generalFields({ started, model }: Facts): readonly Field[] {
  return [
    ["project", "'pretraining'"],
    ["run", `'${model?.name ?? "model"}'`],
    ["seed", started?.seed ?? 0],
    ["step", "None"],
    ["consumed_train_samples", "None"],
    ["benchmark_csv_path", "None"],
    ["ignore_sanity_checks", "True"],
  ];
}

function checkpointFields(facts: Facts): readonly Field[] {
  const folder = checkpointFolder(facts);
  return [
    ["checkpoints_path", `PosixPath('${folder}')`],
    ["checkpoint_interval", facts.recipe?.stepsPerCheckpoint ?? sizesOf(facts).stepsPerEpoch],
    ["save_initial_state", "False"],
    ["save_final_state", "True"],
    ["resume_checkpoint_path", `PosixPath('${folder}')`],
    ["checkpoints_path_is_shared_file_system", "True"],
  ];
}

function tokenFields(facts: Facts): readonly Field[] {
  const { sequence, steps, microBatch, accumulation } = sizesOf(facts);
  return [
    ["sequence_length", sequence],
    ["train_steps", steps],
    ["micro_batch_size", microBatch],
    ["batch_accumulation_per_replica", accumulation],
    ["val_check_interval", -1],
    ["limit_val_batches", 0],
    ["limit_test_batches", 0],
  ];
}

function parallelFields(facts: Facts): readonly Field[] {
  const { data, pipeline, tensor, expert, context } = sizesOf(facts);
  return [
    ["dp", data],
    ["pp", pipeline],
    ["tp", tensor],
    ["pp_engine", "OneForwardOneBackwardPipelineEngine()"],
    ["tp_mode", "<TensorParallelLinearMode.REDUCE_SCATTER: 2>"],
    ["tp_linear_async_communication", "True"],
    ["recompute_layer", facts.recipe?.recompute === "full" ? "True" : "False"],
    ["tp_recompute_allgather", "True"],
    ["expert_parallel_size", expert],
    ["context_parallel_size", context],
  ];
}

function modelShown(facts: Facts): Shown {
  const sizes = sizesOf(facts);
  const isTied = facts.model?.tiedEmbeddings ?? false;
  return shown("LlamaConfig", [
    ["bos_token_id", 1],
    ["eos_token_id", 2],
    ["hidden_act", (facts.model?.gated ?? true) ? "'silu'" : "'gelu'"],
    ["hidden_size", sizes.hidden],
    ["initializer_range", "0.02"],
    ["intermediate_size", sizes.feedForward],
    ["is_llama_config", "True"],
    ["max_position_embeddings", sizes.sequence],
    ["num_attention_heads", sizes.heads],
    ["num_hidden_layers", sizes.layers],
    ["num_key_value_heads", sizes.kvHeads],
    ["pad_token_id", "None"],
    ["pretraining_tp", 1],
    ["rms_norm_eps", "1e-05"],
    ["rope_interleaved", "False"],
    ["rope_scaling", "None"],
    ["rope_theta", pythonFloat(ropeTheta(facts))],
    ["tie_word_embeddings", isTied ? "True" : "False"],
    ["use_cache", "True"],
    ["vocab_size", sizes.vocabulary],
  ]);
}

function optimizerFields(facts: Facts): readonly Field[] {
  const { recipe, plan } = facts;
  const warmup = recipe?.warmupSteps ?? 0;
  const steps = plan?.stepsTotal ?? 0;
  const isStable = recipe?.schedule === "wsd";
  const decay = isStable ? stableDecaySteps(facts) : steps - warmup;
  return [
    [
      "optimizer_factory",
      "AdamWOptimizerArgs(adam_eps=1e-08, adam_beta1=0.9, adam_beta2=0.95, torch_adam_is_fused=True, name='adamW')",
    ],
    ["zero_stage", facts.cluster?.sharding === "none" ? 0 : 1],
    ["weight_decay", "0.1"],
    ["clip_grad", pythonFloat(recipe?.clipNorm ?? 1)],
    ["accumulate_grad_in_fp32", "True"],
    [
      "learning_rate_scheduler",
      shown("LRSchedulerArgs", [
        ["learning_rate", pythonFloat(recipe?.peakLearningRate ?? 0)],
        ["lr_warmup_steps", warmup],
        ["lr_warmup_style", "'linear'"],
        ["lr_decay_style", isStable ? "'linear'" : "'cosine'"],
        ["lr_decay_steps", decay],
        ["lr_decay_starting_step", isStable ? steps - decay : "None"],
        ["min_decay_lr", pythonFloat(recipe?.finalLearningRate ?? 0)],
      ]),
    ],
  ];
}

function tokenizerText(name: string): string {
  return `TokenizerArgs(tokenizer_name_or_path='/data/tokenizers/${fileName(name)}', tokenizer_revision=None, tokenizer_max_length=None)`;
}

/** Where the program read its configuration. */
export function configPath(facts: Facts): string {
  return `/workspace/nanotron/configs/${slug(facts)}.yaml`;
}

function shown(type: string, fields: readonly Field[]): Shown {
  return { type, fields };
}

/** Each field on a line of its own, below the first one. */
function shownLines({ type, fields }: Shown): string[] {
  const indent = " ".repeat(type.length + 1);
  const rows = fields.flatMap(([name, value], i) => {
    const end = i === fields.length - 1 ? (type.startsWith("[") ? ")]" : ")") : ",";
    const begin = `${i === 0 ? `${type}(` : indent}${name}=`;
    if (typeof value !== "object") return [`${begin}${value}${end}`];
    const inner = shownLines(value);
    const deeper = " ".repeat(begin.length);
    return inner.map((line, j) => {
      const tail = j === inner.length - 1 ? end : "";
      return `${j === 0 ? begin : deeper}${line}${tail}`;
    });
  });
  return rows;
}
