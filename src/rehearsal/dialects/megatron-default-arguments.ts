/**
 * Megatron-LM's arguments that our runs leave at their defaults, as it prints them.
 *
 * Facts only, names and default values: `training/arguments.py`, `training/config/*.py` and
 * `core/transformer/transformer_config.py`, main of 2026. Those of other models than GPT are in
 * the program's parser too, so that it prints them. `megatron-arguments.ts` has the values of the run, which take precedence.
 */

/** Value, and the names of those that have it. */
const BY_VALUE: Readonly<Record<string, string>> = {
  False: `
    account_for_embedding_in_pipeline_split account_for_loss_in_pipeline_split add_qkv_bias
    adlr_autoresume align_param_gather allow_ambiguous_pad_tokens apply_query_key_layer_scaling
    apply_residual_connection_post_layernorm apply_wd_to_qk_layernorm async_ckpt_use_cpu_shm
    attention_softmax_in_fp32 auto_detect_ckpt_format biencoder_shared_query_context_model
    cache_mla_latents calc_ft_timeouts calculate_per_token_loss check_for_large_grads
    check_for_spiky_loss ckpt_assume_constant_structure ckpt_convert_update_legacy_dist_opt_format
    ckpt_fully_parallel_load ckpt_fully_parallel_save_deprecated create_all_gather_group
    cross_entropy_loss_fusion data_parallel_random_init dataloader_defer_npy_index_mmap
    dataloader_fast_cache_load ddp_average_in_collective ddp_pad_buckets_for_high_nccl_busbw
    ddp_reduce_scatter_with_fp32_accumulation decrease_batch_size_if_needed
    defer_embedding_wgrad_compute delay_wgrad_compute deprecated_use_mcore_models
    deterministic_mode dino_norm_last_layer disable_bf16_reduced_precision_matmul
    disable_jit_fuser disable_straggler_on_startup disable_symmetric_registration
    dist_ckpt_optim_fully_reshardable dist_ckpt_save_pre_mcore_014
    distrib_optim_fully_reshardable_mem_efficient distribute_saved_activations enable_experimental
    enable_ft_package enable_full_sharding_in_hsdp eod_mask_loss exit_on_missing_checkpoint
    exit_signal_handler exit_signal_handler_for_dataloader fake_process_group fim_data
    fine_grained_activation_offloading finetune first_last_layers_bf16 flash_decode
    flight_recorder_include_stack_trace fp16_lm_cross_entropy fp32_residual_connection
    fp8_param_gather fsdp_double_buffer fsdp_manual_registration full_validation
    grpo_filter_groups_with_same_reward inference_dynamic_batching
    inference_dynamic_batching_track_paused_request_events inference_rng_tracker
    init_method_xavier_uniform init_model_with_meta_device inprocess_empty_cuda_cache
    inprocess_restart keep_fp8_transpose_cache lazy_mpu_init load_main_params_from_ckpt
    log_device_memory_used log_energy log_max_attention_logit log_memory_to_tensorboard
    log_num_zeros_in_grad log_params_norm log_progress log_straggler log_timers_to_tensorboard
    log_validation_ppl_to_tensorboard log_world_size_to_tensorboard manual_gc mock_data
    moe_apply_probs_on_input moe_enable_deepep moe_layer_recompute
    moe_pad_expert_input_to_capacity moe_per_layer_logging moe_permute_fusion
    moe_router_enable_expert_bias moe_router_fusion moe_router_pre_softmax moe_shared_expert_gate
    moe_shared_expert_overlap moe_use_legacy_grouped_gemm moe_use_upcycling multi_latent_attention
    multiple_validation_sets muon_use_nesterov nccl_ub no_persist_layer_norm one_logger_async
    openai_gelu optimizer_cpu_offload output_bert_embeddings overlap_cpu_optimizer_d2h_h2d
    overlap_moe_expert_parallel_comm overlap_p2p_comm_warmup_flush
    overlap_param_gather_with_optimizer_step override_opt_param_scheduler perform_rl_step profile
    pytorch_profiler_collect_callstack pytorch_profiler_collect_chakra
    pytorch_profiler_collect_shapes qk_clip qk_layernorm quick_geglu record_memory_history
    replication reset_attention_mask reset_position_ids retriever_score_scaling
    reuse_grad_buf_for_mxfp8_param_ag rl_inference_logprobs_is_correction
    rl_offload_inference_model_weights_when_idle rl_offload_kv_cache_during_training
    rl_offload_optimizer_during_inference rl_partial_rollouts rl_remove_kv_cache_during_training
    rl_reset_cuda_graphs rl_skip_bos_token rl_training_cuda_graphs rl_use_sequence_packing
    rl_verify_model_weights_swap rotary_interleaved run_workload_inspector_server sft skip_train
    squared_relu te_rng_tracker test_mode tokenizer_sentencepiece_legacy tp_comm_overlap
    tp_comm_overlap_rs_dgrad trust_remote_code use_checkpoint_args
    use_checkpoint_opt_param_scheduler use_cpu_initialization use_dist_ckpt_deprecated
    use_legacy_models use_mp_args_from_checkpoint_args use_one_sent_docs
    use_persistent_ckpt_worker use_precision_aware_optimizer use_pytorch_profiler
    use_ring_exchange_p2p use_rope_scaling use_rotary_position_embeddings use_sharp
    use_torch_fsdp2 use_torch_optimizer_for_cpu_offload use_tp_pp_dp_mapping variable_seq_lengths
    verify_integrity vision_pretraining`,
  True: `
    add_position_embedding align_grad_reduce barrier_with_L1_time bert_binary_head
    bias_dropout_fusion bias_gelu_fusion bias_swiglu_fusion ckpt_fully_parallel_save
    ckpt_load_validate_sharding_integrity clone_scatter_output_in_embedding
    create_attention_mask_in_dataloader data_sharding enable_msc enable_one_logger
    flight_recorder_dump_on_timeout flight_recorder_extra_dump_on_exec
    flight_recorder_include_only_active fp8_wgrad gradient_accumulation_fusion
    gradient_reduce_div_fusion log_loss_scale_to_tensorboard manual_gc_eval masked_softmax_fusion
    mmap_bin_files muon_split_qkv perform_initialization pin_cpu_grads pin_cpu_params
    scatter_gather_tensors_in_pipeline strict_fsdp_dtensor_load torch_fsdp2_reshard_after_forward
    tp_comm_bulk_dgrad tp_comm_bulk_wgrad tp_comm_overlap_ag tp_comm_overlap_rs tp_comm_split_ag
    tp_comm_split_rs use_dist_ckpt use_gloo_process_groups
    use_tokenizer_model_from_checkpoint_args`,
  None: `
    app_tag_run_name bert_load block_data_path check_weight_hash_across_dp_replicas_interval
    ckpt_convert_format ckpt_convert_save ckpt_step data_args_path data_cache_path ddp_bucket_size
    ddp_num_buckets decoder_first_pipeline_num_layers decoder_last_pipeline_num_layers
    decoder_num_layers decoder_seq_length decoupled_lr decoupled_min_lr
    dist_ckpt_format_deprecated distributed_timeout_seconds_after_init
    dump_param_to_param_group_map embedding_init_method_std embedding_path evidence_data_path
    exit_duration_in_mins exit_interval fim_fragment_rate fim_no_prefix fim_split_sample
    flight_recorder_dump_path fp4 heterogeneous_layers_config_encoded_json
    heterogeneous_layers_config_path hierarchical_context_parallel_sizes ict_head_size ict_load
    inference_dynamic_batching_mamba_memory_ratio inference_dynamic_batching_max_requests
    inference_dynamic_batching_max_tokens inference_dynamic_batching_paused_buffer_size_gb
    inprocess_max_iterations langrl_env_config linear_attention_freq log_memory_interval
    logging_level loss_scale lr_decay_samples lr_warmup_fraction lr_wsd_decay_samples
    mamba_num_heads merge_file microbatch_group_size_per_vp_stage moe_expert_capacity_factor
    moe_ffn_hidden_size moe_input_jitter_eps moe_latent_size moe_router_dtype
    moe_router_group_topk moe_router_num_groups moe_router_topk_scaling_factor
    moe_shared_expert_intermediate_size moe_z_loss_coeff mrope_section mtp_num_layers
    nccl_communicator_config_path no_load_optim no_load_rng no_rope_freq no_save_optim no_save_rng
    no_weight_decay_cond_type non_persistent_ckpt_type non_persistent_global_ckpt_dir
    non_persistent_local_ckpt_dir non_persistent_save_interval
    num_layers_per_virtual_pipeline_stage num_virtual_stages_per_pipeline_rank
    object_storage_cache_path one_logger_run_name onnx_safe padded_vocab_size
    per_dataset_sequences_path per_split_data_args_path phase_transition_iterations
    pipeline_model_parallel_comm_backend pipeline_model_parallel_layout pretrained_checkpoint
    q_lora_rank recompute_method recompute_modules recompute_num_layers replication_jump
    result_rejected_tracker_filename rl_importance_sampling_truncation_coef
    rl_inference_expert_model_parallel_size rl_inference_expert_tensor_model_parallel_size
    rl_inference_pipeline_model_parallel_size rl_inference_tensor_model_parallel_size rope_type
    rotary_seq_len_interpolation_factor save_dgrads_interval save_retain_interval
    save_wgrads_interval sharp_enabled_group spec suggested_communication_unit_size
    te_precision_config_file tensorboard_dir test_data_path tiktoken_pattern
    tiktoken_special_tokens titles_data_path tokenizer_metadata tokenizer_special_tokens
    tp_comm_overlap_cfg train_data_path train_samples train_sync_interval valid_data_path
    virtual_pipeline_model_parallel_size vocab_file vocab_size wandb_entity wandb_exp_name
    wandb_project wandb_save_dir window_attn_skip_freq window_size yaml_cfg`,
  "[]": `
    cuda_graph_scope high_priority_stream_groups iterations_to_skip profile_ranks
    retriever_report_topk_accuracies`,
  "0": `
    biencoder_projection_dim consumed_train_samples consumed_valid_samples
    cpu_offloading_num_layers empty_unused_memory_level error_injection_rate fp8_margin
    lr_warmup_samples manual_gc_interval rl_default_top_p rl_inference_model_unified_memory_level
    skipped_train_samples timing_log_level vocab_extra_ids wgrad_deferral_limit`,
  "1": `
    dino_freeze_last_layer fp8_amax_history_len fp8_interval
    inprocess_last_call_wait inprocess_termination_grace_time mlp_chunks_for_prefill
    moe_layer_freq moe_upcycling_granularity num_dataset_builder_threads
    num_distributed_optimizer_instances num_layers_at_end_in_bf16 num_layers_at_start_in_bf16
    straggler_minmax_count tensorboard_log_interval`,
  "2": "grpo_group_size grpo_iterations hysteresis moe_router_topk num_workers replication_factor",
  "0.0": `
    attention_dropout grpo_entropy_term_weight hidden_dropout lr_warmup_init moe_aux_loss_coeff
    mscale_all_dim`,
  "1.0": `
    classes_fraction data_per_class_fraction head_lr_mult inprocess_monitor_process_interval
    inprocess_monitor_thread_interval inprocess_progress_watchdog_interval mask_factor
    min_loss_scale mscale muon_extra_scale_factor optimizer_offload_fraction
    rl_default_temperature rotary_percent rotary_scaling_factor sample_rate`,
};

/** Those whose value few or no others have. */
const SINGLE: Readonly<Record<string, string | number>> = {
  adam_eps: "1e-08",
  adlr_autoresume_interval: 1000,
  app_tag_run_version: "0.0.0",
  async_ckpt_cpu_priority: 10,
  async_ckpt_io_priority: 3,
  async_strategy: "nvrx",
  attention_backend: "AttnBackend.auto",
  bert_embedder_type: "megatron",
  ckpt_fully_parallel_load_exchange_algo: "broadcast",
  ckpt_fully_parallel_load_process_group: "dp",
  ckpt_fully_parallel_save_process_group: "dp",
  config_logger_dir: "",
  cp_comm_type: "['p2p']",
  cross_entropy_fusion_impl: "native",
  cuda_graph_impl: "none",
  cuda_graph_warmup_steps: 3,
  dataloader_type: "single",
  dino_bottleneck_size: 256,
  dino_head_hidden_size: 2048,
  dino_local_crops_number: 10,
  dino_local_img_size: 96,
  dino_teacher_temp: "0.07",
  dino_warmup_teacher_temp: "0.04",
  dino_warmup_teacher_temp_epochs: 30,
  dist_ckpt_strictness: "assume_ok_unexpected",
  distributed_backend: "nccl",
  distributed_timeout_minutes: 10,
  error_injection_type: "transient_error",
  exit_signal: "Signals.SIGTERM",
  exp_avg_dtype: "torch.float32",
  exp_avg_sq_dtype: "torch.float32",
  fim_eod_token: "<|endoftext|>",
  fim_middle_token: "<fim_middle>",
  fim_pad_token: "<fim_pad>",
  fim_prefix_token: "<fim_prefix>",
  fim_rate: "0.5",
  fim_spm_rate: "0.5",
  fim_suffix_token: "<fim_suffix>",
  flight_recorder_trace_buffer_size: 2000,
  fp8_amax_compute_algo: "most_recent",
  fp8_recipe: "delayed",
  ft_num_warmup_iters: 5,
  grpo_clamp_eps_lower: "0.01",
  grpo_clamp_eps_upper: "0.01",
  grpo_kl_beta: "0.001",
  grpo_prompts_per_step: 32,
  img_h: 224,
  img_w: 224,
  indexer_batch_size: 128,
  indexer_log_interval: 1000,
  inference_batch_times_seqlen_threshold: -1,
  inference_dynamic_batching_block_size: 256,
  inference_dynamic_batching_buffer_size_gb: "40.0",
  inference_dynamic_batching_num_cuda_graphs: 16,
  inference_max_requests: 8,
  inference_max_seq_length: 2560,
  init_method_std: "0.02",
  initial_loss_scale: 4294967296,
  inprocess_barrier_timeout: 120,
  inprocess_completion_timeout: 120,
  inprocess_granularity: "node",
  inprocess_hard_timeout: 90,
  inprocess_heartbeat_interval: 30,
  inprocess_heartbeat_timeout: 60,
  inprocess_soft_timeout: 60,
  iter_per_epoch: 1250,
  kv_lora_rank: 32,
  local_rank: 0,
  loss_scale_window: 1000,
  lr_wsd_decay_iters: "None",
  lr_wsd_decay_style: "exponential",
  main_grads_dtype: "torch.float32",
  main_params_dtype: "torch.float32",
  make_vocab_size_divisible_by: 128,
  mamba_head_dim: 64,
  mamba_num_groups: 8,
  mamba_state_dim: 128,
  mask_prob: "0.15",
  mask_type: "random",
  max_tokens_to_oom: 12000,
  memory_snapshot_path: "snapshot.pickle",
  mid_level_dataset_surplus: "0.005",
  moe_router_bias_update_rate: "0.001",
  moe_router_load_balancing_type: "aux_loss",
  moe_router_score_function: "softmax",
  moe_token_dispatcher_type: "allgather",
  moe_token_drop_policy: "probs",
  mtp_loss_scaling_factor: "0.1",
  muon_fp32_matmul_prec: "medium",
  muon_momentum: "0.9",
  muon_num_ns_steps: 5,
  muon_scale_mode: "spectral",
  muon_tp_mode: "blockwise",
  non_persistent_local_ckpt_algo: "fully_parallel",
  norm_epsilon: "1e-05",
  num_channels: 3,
  num_classes: 1000,
  one_logger_project: "megatron-lm",
  optimizer: "adam",
  outer_dp_sharding_strategy: "no_shard",
  patch_dim: 16,
  profile_step_end: 12,
  profile_step_start: 10,
  qk_head_dim: 128,
  qk_pos_emb_head_dim: 64,
  query_in_block_prob: "0.1",
  rank: 0,
  refit_method: "gloo",
  relative_attention_max_distance: 128,
  relative_attention_num_buckets: 32,
  rerun_mode: "validate_results",
  rl_default_top_k: -1,
  rl_parallel_generation_tasks: 512,
  rl_prompts_per_eval: 32,
  rl_sequence_packing_algo: "fifo",
  rl_sequence_packing_max_sequences_per_bin: 50,
  rope_scaling_factor: "8.0",
  sgd_momentum: "0.9",
  short_seq_prob: "0.1",
  straggler_ctrlr_port: 65535,
  swin_backbone_type: "tiny",
  tensorboard_queue_size: 1000,
  tiktoken_num_special_tokens: 1000,
  timing_log_option: "minmax",
  tp_comm_bootstrap_backend: "nccl",
  transformer_impl: "transformer_engine",
  v_head_dim: 128,
  vision_backbone_type: "vit",
  vision_pretraining_type: "classify",
  weight_decay_incr_style: "constant",
};

export const DEFAULT_ARGUMENTS: Readonly<Record<string, string | number>> = {
  ...Object.fromEntries(
    Object.entries(BY_VALUE).flatMap(([value, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, value]),
    ),
  ),
  ...SINGLE,
};
