/** `etude plan`: arguments, options and help. */

export const plan = {
  summary: "estimate how long a large training run takes, whether it fits, and what it costs",
  details:
    'Give a model and GPUs, or a description with --config; what is left out is chosen as an expert would, and shown. Figures are estimates from a calibrated model of the hardware; an estimate at 40 % utilisation is printed beside them. With --measured, the speed of a run of the same configuration on fewer GPUs or with another batch, the plan follows the pace of your own stack (mean error on 84 published dense runs: 5 %; with constant utilisation 8 %; without a measurement 12 %). Such a file is a description with one speed: { "model": "Llama-3.1-70B", "gpu": "H100", "gpuCount": 64, "tensorParallel": 8, "pipelineParallel": 4, "tokensPerSecondPerGpu": 850 }. The fields of a description, and of the plan with --json, are in docs/formats.md; the field "inputs" of a plan is a description.',
  arguments: [],
  options: {
    model: {
      type: "text",
      value: "NAME",
      description: "model of the catalogue",
      suggestions: { from: "simulated-models" },
    },
    gpus: {
      type: "text",
      value: "NAME:COUNT",
      description: "GPUs, as in H100:1024",
      suggestions: { from: "gpus", joint: ":" },
    },
    tokens: {
      type: "text",
      value: "N",
      description: "tokens to train on, as in 15T",
      otherwise: "20 per parameter",
    },
    config: { type: "path", value: "FILE", description: "description of the run in JSON" },
    measured: {
      type: "path",
      value: "FILE",
      description: "description of a smaller run with its measured speed, to plan at that pace",
    },
    explain: { type: "flag", description: "show the formula of each figure, with its numbers" },
  },
  examples: [
    "etude plan --model Llama-3.1-70B --gpus H100:1024 --tokens 15T",
    "etude plan --config run.json --json",
    "etude plan --model Llama-3.1-70B --gpus H100:1024 --measured first-steps.json",
    "etude plan --model Mixtral-8x7B --gpus A100-80:64 --explain",
  ],
} as const;
