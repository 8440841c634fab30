/**
 * The table of all metrics that exporters write.
 *
 * A name is written as it stands in CSV, with `etude_` before it in Prometheus and OTLP, and in
 * TensorBoard by its tag. Names follow the conventions of Prometheus: base units, unit last.
 */

export type MetricUnit = "" | "seconds" | "bytes" | "ratio" | "celsius" | "watts" | "joules";

export interface Metric {
  /** In TensorBoard; what stands before the slash is the group that it is shown in. */
  readonly tag: string;
  readonly unit: MetricUnit;
  /** A counter only grows; what can go back after a restart is a gauge. */
  readonly kind: "gauge" | "counter";
  /** A phrase without a full stop. */
  readonly help: string;
}

/** In the order in which they are written. */
export const METRICS = {
  elapsed_seconds: {
    tag: "run/elapsed",
    unit: "seconds",
    kind: "gauge",
    help: "Time that the run has been going",
  },
  running: {
    tag: "run/running",
    unit: "",
    kind: "gauge",
    help: "1 from the start of the run to its end, else 0",
  },
  step: {
    tag: "run/step",
    unit: "",
    kind: "gauge",
    help: "Last step that was done; goes back where a restart goes back",
  },
  steps: {
    tag: "run/steps",
    unit: "",
    kind: "counter",
    help: "Steps done, repeated ones counted again",
  },
  steps_planned: {
    tag: "run/steps_planned",
    unit: "",
    kind: "gauge",
    help: "Steps that the run will have",
  },
  epoch: {
    tag: "run/epoch",
    unit: "",
    kind: "gauge",
    help: "Epoch that is going on, counted from 1",
  },
  parameters: {
    tag: "run/parameters",
    unit: "",
    kind: "gauge",
    help: "Numbers that the model learns",
  },
  eta_seconds: {
    tag: "run/eta",
    unit: "seconds",
    kind: "gauge",
    help: "Time that the run will still take",
  },

  loss: {
    tag: "train/loss",
    unit: "",
    kind: "gauge",
    help: "What the optimiser lowers, of one step",
  },
  loss_reconstruction: {
    tag: "train/loss_reconstruction",
    unit: "",
    kind: "gauge",
    help: "Reconstruction loss of one step; cross-entropy in nats per token for text",
  },
  loss_kl: {
    tag: "train/loss_kl",
    unit: "",
    kind: "gauge",
    help: "KL divergence of one step with free bits, unweighted",
  },
  perplexity: {
    tag: "train/perplexity",
    unit: "",
    kind: "gauge",
    help: "e to the cross-entropy of one step",
  },
  kl_weight: { tag: "train/kl_weight", unit: "", kind: "gauge", help: "Weight of the KL term" },
  learning_rate: {
    tag: "train/learning_rate",
    unit: "",
    kind: "gauge",
    help: "Learning rate of the step",
  },
  gradient_norm: {
    tag: "train/gradient_norm",
    unit: "",
    kind: "gauge",
    help: "Global norm of the gradient before clipping",
  },
  clipped_steps: {
    tag: "train/clipped_steps",
    unit: "",
    kind: "counter",
    help: "Steps whose gradient was clipped",
  },
  skipped_steps: {
    tag: "train/skipped_steps",
    unit: "",
    kind: "counter",
    help: "Steps skipped for a loss that was not finite",
  },

  step_duration_seconds: {
    tag: "speed/step_duration",
    unit: "seconds",
    kind: "gauge",
    help: "Length of one step",
  },
  audio_speed_ratio: {
    tag: "speed/audio",
    unit: "ratio",
    kind: "gauge",
    help: "Seconds of audio learned from per second",
  },
  tokens_per_second: {
    tag: "speed/tokens_per_second",
    unit: "",
    kind: "gauge",
    help: "Tokens learned from per second",
  },
  flops_per_second_per_gpu: {
    tag: "speed/flops_per_second_per_gpu",
    unit: "",
    kind: "gauge",
    help: "Useful floating-point operations per second of one GPU",
  },
  mfu_ratio: {
    tag: "speed/mfu",
    unit: "ratio",
    kind: "gauge",
    help: "Useful work as a share of the peak",
  },
  data_wait_ratio: {
    tag: "speed/data_wait",
    unit: "ratio",
    kind: "gauge",
    help: "Share of the time spent waiting for data",
  },
  tokens: {
    tag: "speed/tokens",
    unit: "",
    kind: "counter",
    help: "Tokens learned from, repeated ones counted again",
  },
  consumed_tokens: {
    tag: "speed/consumed_tokens",
    unit: "",
    kind: "gauge",
    help: "Tokens behind the model as it is",
  },
  consumed_samples: {
    tag: "speed/consumed_samples",
    unit: "",
    kind: "gauge",
    help: "Sequences behind the model as it is",
  },

  validation_loss: {
    tag: "validation/loss",
    unit: "",
    kind: "gauge",
    help: "Loss on data held out",
  },
  validation_loss_reconstruction: {
    tag: "validation/loss_reconstruction",
    unit: "",
    kind: "gauge",
    help: "Reconstruction loss on data held out",
  },
  validation_loss_kl: {
    tag: "validation/loss_kl",
    unit: "",
    kind: "gauge",
    help: "KL divergence on data held out, unweighted",
  },
  validation_perplexity: {
    tag: "validation/perplexity",
    unit: "",
    kind: "gauge",
    help: "e to the loss on text held out",
  },
  validation_accuracy_ratio: {
    tag: "validation/accuracy",
    unit: "ratio",
    kind: "gauge",
    help: "Share of held-out tokens guessed right",
  },
  validation_train_loss: {
    tag: "validation/train_loss",
    unit: "",
    kind: "gauge",
    help: "Loss on training data, measured like the validation loss",
  },
  overfitting_gap_ratio: {
    tag: "validation/overfitting_gap",
    unit: "ratio",
    kind: "gauge",
    help: "Validation loss above training loss, as a share of it",
  },
  kl_divergence: {
    tag: "validation/kl_divergence",
    unit: "",
    kind: "gauge",
    help: "KL divergence in nats without free bits",
  },
  active_units: {
    tag: "validation/active_units",
    unit: "",
    kind: "gauge",
    help: "Latent dimensions that carry something",
  },

  checkpoints: { tag: "checkpoint/count", unit: "", kind: "counter", help: "Checkpoints saved" },
  checkpoint_step: {
    tag: "checkpoint/step",
    unit: "",
    kind: "gauge",
    help: "Step of the newest checkpoint",
  },
  checkpoint_size_bytes: {
    tag: "checkpoint/size",
    unit: "bytes",
    kind: "gauge",
    help: "Size of the newest checkpoint",
  },
  checkpoint_duration_seconds: {
    tag: "checkpoint/duration",
    unit: "seconds",
    kind: "gauge",
    help: "Time that the newest checkpoint took",
  },
  checkpoint_written_bytes: {
    tag: "checkpoint/written",
    unit: "bytes",
    kind: "counter",
    help: "Written by checkpoints",
  },

  process_memory_bytes: {
    tag: "machine/process_memory",
    unit: "bytes",
    kind: "gauge",
    help: "Memory of the process",
  },
  nodes_healthy: { tag: "machine/nodes_healthy", unit: "", kind: "gauge", help: "Nodes that work" },
  nodes_spare: {
    tag: "machine/nodes_spare",
    unit: "",
    kind: "gauge",
    help: "Nodes that wait to replace others",
  },
  world_size: {
    tag: "machine/world_size",
    unit: "",
    kind: "gauge",
    help: "GPUs that take part; fewer while a job does without nodes",
  },
  data_parallel_size: {
    tag: "machine/data_parallel_size",
    unit: "",
    kind: "gauge",
    help: "Replicas of the model that learn together",
  },
  gpu_utilisation_ratio: {
    tag: "machine/gpu_utilisation",
    unit: "ratio",
    kind: "gauge",
    help: "Mean over all GPUs",
  },
  gpu_temperature_celsius: {
    tag: "machine/gpu_temperature",
    unit: "celsius",
    kind: "gauge",
    help: "Mean over all GPUs",
  },
  gpu_tensor_active_ratio: {
    tag: "machine/gpu_tensor_active",
    unit: "ratio",
    kind: "gauge",
    help: "Share of the cycles in which tensor cores work, mean over the GPUs of the job",
  },
  gpu_memory_active_ratio: {
    tag: "machine/gpu_memory_active",
    unit: "ratio",
    kind: "gauge",
    help: "Share of the cycles in which GPU memory sends or receives, mean over the job",
  },
  gpu_link_bytes_per_second: {
    tag: "machine/gpu_link_bytes_per_second",
    unit: "",
    kind: "gauge",
    help: "Sent over the fast links of one GPU of the job, and as much received",
  },
  power_watts: {
    tag: "machine/power",
    unit: "watts",
    kind: "gauge",
    help: "All machines, without the building",
  },
  energy_joules: {
    tag: "machine/energy",
    unit: "joules",
    kind: "counter",
    help: "All machines, without the building",
  },
  goodput_ratio: {
    tag: "machine/goodput",
    unit: "ratio",
    kind: "gauge",
    help: "Share of the time since the start that ended up in the model",
  },
  interruptions: {
    tag: "machine/interruptions",
    unit: "",
    kind: "counter",
    help: "Times that training stood still",
  },
  restarts: {
    tag: "machine/restarts",
    unit: "",
    kind: "counter",
    help: "Times that training went on from a checkpoint",
  },
  lost_steps: {
    tag: "machine/lost_steps",
    unit: "",
    kind: "counter",
    help: "Steps that had to be done again",
  },
  downtime_seconds: {
    tag: "machine/downtime",
    unit: "seconds",
    kind: "counter",
    help: "Time between a stop and going on",
  },
  warnings: {
    tag: "machine/warnings",
    unit: "",
    kind: "counter",
    help: "Warnings and errors told",
  },
} as const;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES: readonly MetricName[] = Object.keys(METRICS) as MetricName[];
