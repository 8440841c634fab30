/**
 * The configuration that DeepSpeed's engine prints: all settings by name, then those of the user.
 *
 * Source: deepspeedai/DeepSpeed 0.19, `runtime/config.py` (`print`, `print_user_config`) with the
 * defaults of the parts. Objects of several lines have a stamp on the first one only.
 */

import { below } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { pythonFloat } from "./formats.ts";

export interface Engine {
  /** Of ZeRO: 0 to 3. */
  readonly stage: number;
  readonly stepsPerPrint: number;
  readonly isUniversal: boolean;
}

type Say = (from: string, text: string) => string;

/** An object as Python's JSON writes it with an indentation of four. */
interface Json {
  readonly [name: string]: string | Json;
}

type Value = string | number | Json;

export function engineConfigLines(facts: Facts, engine: Engine, say: Say): string[] {
  const options = Object.entries<Value>({ ...DEFAULTS, ...ownOptions(facts, engine) });
  options.sort(([a], [b]) => (a < b ? -1 : 1));
  const [first = "", ...rest] = jsonLines(givenBy(facts, engine), "");
  return [
    say("config.py:1003:print", "DeepSpeedEngine configuration:"),
    ...options.flatMap(([name, value]) => optionLines(name, value, say)),
    say("config.py:989:print_user_config", `  json = ${first}`),
    ...rest,
  ];
}

/** Columns of a name and its dots. */
const NAME_COLUMNS = 29;

function optionLines(name: string, value: Value, say: Say): string[] {
  // Parts of the engine have a blank behind each comma.
  const [first = "", ...rest] = typeof value === "object" ? jsonLines(value, " ") : [String(value)];
  const dots = ".".repeat(Math.max(0, NAME_COLUMNS - name.length));
  return [say("config.py:1007:print", `  ${name} ${dots} ${first}`), ...rest];
}

function jsonLines(json: Json, afterComma: string): string[] {
  const entries = Object.entries(json);
  const rows = entries.flatMap(([name, value], i) => {
    const end = i < entries.length - 1 ? `,${afterComma}` : "";
    const [first = "", ...rest] =
      typeof value === "object" ? jsonLines(value, afterComma) : [value];
    const lines = [`    "${name}": ${first}`, ...rest.map((line) => `    ${line}`)];
    return lines.map((line, j) => (j === lines.length - 1 ? `${line}${end}` : line));
  });
  return ["{", ...rows, "}"];
}

function givenBy(facts: Facts, { stage, stepsPerPrint, isUniversal }: Engine): Json {
  const { microBatch, accumulation, globalBatch } = sizesOf(facts);
  const { recipe } = facts;
  return {
    train_batch_size: String(globalBatch),
    train_micro_batch_size_per_gpu: String(microBatch),
    gradient_accumulation_steps: String(accumulation),
    steps_per_print: String(stepsPerPrint),
    gradient_clipping: pythonFloat(recipe?.clipNorm ?? 1),
    optimizer: {
      type: '"AdamW"',
      params: {
        lr: pythonFloat(recipe?.peakLearningRate ?? 0),
        betas: "[0.9, 0.95]",
        eps: "1e-08",
        weight_decay: "0.1",
      },
    },
    [recipe?.precision === "fp16" ? "fp16" : "bf16"]: { enabled: "true" },
    zero_optimization: { stage: String(stage) },
    ...(isUniversal ? { checkpoint: { load_universal: "true" } } : {}),
    flops_profiler: { enabled: "true", profile_step: "-1" },
  };
}

function ownOptions(facts: Facts, { stage, stepsPerPrint, isUniversal }: Engine) {
  const { microBatch, accumulation, globalBatch, worldSize, tensor } = sizesOf(facts);
  const { recipe } = facts;
  const isHalf = recipe?.precision === "fp16";
  const address = below(drawsOf(facts, "comms-config", facts.launches, facts.attempts), 2 ** 28);
  const rate = pythonFloat(recipe?.peakLearningRate ?? 0);
  return {
    bfloat16_config: `enabled=${isHalf ? "False" : "True"} immediate_grad_update=True check_grad_overflow=False bf16_master_weights_and_grads=False bf16_optimizer_states=False`,
    comms_config: `<deepspeed.comm.config.DeepSpeedCommsConfig object at 0x7f${(address * 16).toString(16).padStart(10, "0")}>`,
    dynamic_loss_scale_args: "None",
    float16_config: `enabled=${isHalf ? "True" : "False"} auto_cast=False loss_scale=0.0 initial_scale_power=16 loss_scale_window=1000 hysteresis=2 consecutive_hysteresis=False min_loss_scale=1 fp16_master_weights_and_grads=False`,
    gradient_accumulation_steps: accumulation,
    gradient_clipping: pythonFloat(recipe?.clipNorm ?? 1),
    load_universal_checkpoint: isUniversal ? "True" : "False",
    optimizer_name: "adamw",
    optimizer_params: `{'lr': ${rate}, 'betas': [0.9, 0.95], 'eps': 1e-08, 'weight_decay': 0.1}`,
    steps_per_print: stepsPerPrint,
    train_batch_size: globalBatch,
    train_micro_batch_size_per_gpu: microBatch,
    world_size: Math.round(worldSize / tensor),
    zero_config: `stage=${stage} ${ZERO}`,
    zero_enabled: stage > 0 ? "True" : "False",
    zero_optimization_stage: stage,
  };
}

const ZERO =
  "contiguous_gradients=True reduce_scatter=True reduce_bucket_size=500000000 use_multi_rank_bucket_allreduce=True allgather_partitions=True allgather_bucket_size=500000000 overlap_comm=True load_from_fp32_weights=True elastic_checkpoint=False offload_param=None offload_optimizer=None sub_group_size=1000000000 cpu_offload_param=None cpu_offload_use_pin_memory=None cpu_offload=None prefetch_bucket_size=50000000 param_persistence_threshold=100000 model_persistence_threshold=9223372036854775807 max_live_parameters=1000000000 max_reuse_distance=1000000000 gather_16bit_weights_on_model_save=False module_granularity_threshold=0 use_all_reduce_for_fetch_params=False stage3_gather_fp16_weights_on_model_save=False ignore_unused_parameters=True legacy_stage1=False round_robin_gradients=False zero_hpz_partition_size=1 zero_quantized_weights=False zero_quantized_nontrainable_weights=False zero_quantized_gradients=False zeropp_loco_param=None mics_shard_size=-1 mics_hierarchical_params_gather=False memory_efficient_linear=True pipeline_loading_checkpoint=False override_module_apply=True log_trace_cache_warnings=False";

const PRUNING =
  "{'shared_parameters': {'enabled': False, 'method': 'l1', 'schedule_offset': 1000}, 'different_groups': {}}";

/** Settings at their defaults. The profiler is on for its timers; its step never comes. */
const DEFAULTS: Readonly<Record<string, Value>> = {
  activation_checkpointing_config: {
    partition_activations: "false",
    contiguous_memory_optimization: "false",
    cpu_checkpointing: "false",
    number_checkpoints: "null",
    synchronize_checkpoint_boundary: "false",
    profile: "false",
  },
  aio_config:
    "{'block_size': 1048576, 'queue_depth': 8, 'intra_op_parallelism': 1, 'single_submit': False, 'overlap_events': True, 'use_gds': False}",
  amp_enabled: "False",
  amp_params: "False",
  autotuning_config: {
    enabled: "false",
    start_step: "null",
    end_step: "null",
    metric_path: "null",
    arg_mappings: "null",
    metric: '"throughput"',
    model_info: "null",
    results_dir: '"autotuning_results"',
    exps_dir: '"autotuning_exps"',
    overwrite: "true",
    fast: "true",
    start_profile_step: "3",
    end_profile_step: "5",
    tuner_type: '"gridsearch"',
    tuner_early_stopping: "5",
    tuner_num_trials: "50",
    model_info_path: "null",
    mp_size: "1",
    max_train_batch_size: "null",
    min_train_batch_size: "1",
    max_train_micro_batch_size_per_gpu: "1.024000e+03",
    min_train_micro_batch_size_per_gpu: "1",
    num_tuning_micro_batch_sizes: "3",
  },
  checkpoint_config: "{'tag_validation': 'WARN', 'checkpoint_serialization': True, 'writer': None}",
  checkpoint_parallel_write_pipeline: "False",
  checkpoint_tag_validation_enabled: "True",
  checkpoint_tag_validation_fail: "False",
  communication_data_type: "None",
  compile_config:
    "deepcompile=False free_activation=False offload_activation=False offload_opt_states=False double_buffer=True symmetric_memory=False debug_log=False offload_parameters=False sync_before_reduce=False sync_after_reduce=False sync_before_allgather=False sync_after_allgather=False",
  compression_config: `{'weight_quantization': {'shared_parameters': {'enabled': False, 'quantizer_kernel': False, 'schedule_offset': 0, 'quantize_groups': 1, 'quantize_verbose': False, 'quantization_type': 'symmetric', 'quantize_weight_in_forward': False, 'rounding': 'nearest', 'fp16_mixed_quantize': False, 'quantize_change_ratio': 0.001}, 'different_groups': {}}, 'activation_quantization': {'shared_parameters': {'enabled': False, 'quantization_type': 'symmetric', 'range_calibration': 'dynamic', 'schedule_offset': 1000}, 'different_groups': {}}, 'sparse_pruning': ${PRUNING}, 'row_pruning': ${PRUNING}, 'head_pruning': ${PRUNING.replace("'l1'", "'topk'")}, 'channel_pruning': ${PRUNING}, 'layer_reduction': {'enabled': False}}`,
  curriculum_enabled_legacy: "False",
  curriculum_params_legacy: "False",
  data_efficiency_config:
    "{'enabled': False, 'seed': 1234, 'data_sampling': {'enabled': False, 'num_epochs': 1000, 'num_workers': 0, 'pin_memory': False, 'curriculum_learning': {'enabled': False}, 'dynamic_batching': {'enabled': False, 'lr_scaling_method': 'linear', 'min_batch_size': 1, 'max_batch_size': None, 'sequence_picking_order': 'dataloader', 'verbose': False}}, 'data_routing': {'enabled': False, 'random_ltd': {'enabled': False, 'layer_token_lr_schedule': {'enabled': False}}}}",
  data_efficiency_enabled: "False",
  dataloader_drop_last: "False",
  disable_allgather: "False",
  dump_state: "False",
  eigenvalue_enabled: "False",
  eigenvalue_gas_boundary_resolution: "1",
  eigenvalue_layer_name: "bert.encoder.layer",
  eigenvalue_layer_num: "0",
  eigenvalue_max_iter: "100",
  eigenvalue_stability: "1e-06",
  eigenvalue_tol: "0.01",
  eigenvalue_verbose: "False",
  elasticity_enabled: "False",
  flops_profiler_config: {
    enabled: "true",
    recompute_fwd_factor: "0.0",
    profile_step: "-1",
    module_depth: "-1",
    top_modules: "1",
    detailed: "true",
    output_file: "null",
  },
  global_rank: "0",
  grad_accum_dtype: "None",
  gradient_predivide_factor: "1.0",
  graph_harvesting: "False",
  hybrid_engine:
    "enabled=False max_out_tokens=512 inference_tp_size=1 release_inference_cache=False pin_parameters=True tp_gather_partition_size=8",
  memory_breakdown: "False",
  mics_hierarchial_params_gather: "False",
  mics_shard_size: "-1",
  monitor_config:
    "tensorboard=TensorBoardConfig(enabled=False, output_path='', job_name='DeepSpeedJobName') comet=CometConfig(enabled=False, samples_log_interval=100, project=None, workspace=None, api_key=None, experiment_name=None, experiment_key=None, online=None, mode=None) wandb=WandbConfig(enabled=False, group=None, team=None, project='deepspeed') csv_monitor=CSVConfig(enabled=False, output_path='', job_name='DeepSpeedJobName')",
  nebula_config: {
    enabled: "false",
    persistent_storage_path: "null",
    persistent_time_interval: "100",
    num_of_version_in_retention: "2",
    enable_nebula_load: "true",
    load_path: "null",
  },
  optimizer_legacy_fusion: "False",
  pipeline:
    "{'stages': 'auto', 'partition': 'best', 'seed_layers': False, 'activation_checkpoint_interval': 0, 'pipe_partitioned': True, 'grad_partitioned': True}",
  pld_enabled: "False",
  pld_params: "False",
  prescale_gradients: "False",
  scheduler_name: "None",
  scheduler_params: "None",
  seq_parallel_communication_data_type: "torch.float32",
  sparse_attention: "None",
  sparse_gradients_enabled: "False",
  tensor_parallel_config:
    "dtype=torch.float16 autotp_size=0 tp_overlap_comm=False tensor_parallel=TPConfig(tp_size=1, tp_grain_size=1, mpu=None, tp_group=None) injection_policy_tuple=None keep_module_on_host=False replace_with_kernel_inject=False",
  timers_config: "enabled=True synchronized=True",
  torch_autocast_dtype: "None",
  torch_autocast_enabled: "False",
  torch_autocast_lower_precision_safe_modules: "None",
  use_data_before_expert_parallel_: "False",
  use_node_local_storage: "False",
  wall_clock_breakdown: "False",
  weight_quantization_config: "None",
  zero_allow_untested_optimizer: "False",
  zero_force_ds_cpu_optimizer: "True",
};
