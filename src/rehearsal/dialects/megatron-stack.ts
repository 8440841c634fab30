/**
 * Stack traces of Megatron-LM's processes when they fail.
 *
 * Source: NVIDIA/Megatron-LM, main of 2026: `core/pipeline_parallel`, `core/distributed`,
 * `core/tensor_parallel/layers.py`.
 */

import { type Facts, sizesOf } from "./facts.ts";
import { megatronName } from "./process-groups.ts";
import type { CrashStacks, Enqueuing, StackEnds } from "./stack-ends.ts";
import { ALL_REDUCE, AUTOGRAD_THREAD, COALESCED } from "./torch-frames.ts";
import type { Stack, StackFrame } from "./traceback.ts";

const ROOT = "/workspace/Megatron-LM";
const TRAINING = `${ROOT}/megatron/training/training.py`;
const CORE = `${ROOT}/megatron/core`;
const SCHEDULES = `${CORE}/pipeline_parallel/schedules.py`;
const MESSAGES = `${CORE}/pipeline_parallel/p2p_communication.py`;
const BUFFERS = `${CORE}/distributed/param_and_grad_buffer.py`;
const LAYERS = `${CORE}/tensor_parallel/layers.py`;

const STACK: Stack = [
  [`${ROOT}/pretrain_gpt.py`, 316, "<module>", "pretrain("],
  [TRAINING, 1121, "pretrain", "iteration, _ = train("],
  [TRAINING, 2873, "train", ") = train_step("],
  [TRAINING, 1702, "train_step", "losses_reduced = forward_backward_func("],
];

/** The schedule of micro-batches, at what it does there: without stages and with them. */
function scheduled(facts: Facts, lines: readonly [number, number], code: string): StackFrame {
  const [alone, staged] = lines;
  return sizesOf(facts).pipeline > 1
    ? [SCHEDULES, staged, "forward_backward_pipelining_without_interleaving", code]
    : [SCHEDULES, alone, "forward_backward_no_pipelining", code];
}

function backward(facts: Facts): Stack {
  return [
    scheduled(facts, [702, 2422], "input_tensor_grad = backward_step("),
    [SCHEDULES, 533, "backward_step", "custom_backward(output_tensor[0], output_tensor_grad[0])"],
    [SCHEDULES, 179, "custom_backward", "Variable._execution_engine.run_backward("],
  ];
}

/** Gradients are summed up when the last micro-batch is through. */
function finishing(facts: Facts): Stack {
  const distributed = `${CORE}/distributed`;
  return [
    scheduled(facts, [723, 2447], "config.finalize_model_grads_func("),
    [
      `${distributed}/finalize_model_grads.py`,
      447,
      "finalize_model_grads",
      "model_chunk.finish_grad_sync(force_all_reduce=force_all_reduce)",
    ],
    [
      `${distributed}/distributed_data_parallel.py`,
      585,
      "finish_grad_sync",
      "bucket_group.finish_grad_sync(force_all_reduce=force_all_reduce)",
    ],
    [BUFFERS, 699, "finish_grad_sync", "self.start_grad_sync(force_all_reduce=force_all_reduce)"],
    [
      BUFFERS,
      660,
      "start_grad_sync",
      "with stream_context, _coalescing_manager(",
      "_coalescing_manager(",
    ],
    ...COALESCED,
  ];
}

/** Stages wait for what their neighbours send. */
function messages(facts: Facts): Stack {
  return [
    scheduled(
      facts,
      [686, 2379],
      "output_tensor_grad = p2p_communicator.send_forward_recv_backward(",
    ),
    [MESSAGES, 515, "send_forward_recv_backward", "_, output_tensor_grad, _ = self._communicate("],
    [MESSAGES, 385, "_communicate", "p2p_reqs = p2p_func("],
    [MESSAGES, 120, "_p2p_ops", "send_next_req = torch.distributed.isend("],
    [
      "/opt/venv/lib/python3.12/site-packages/torch/distributed/distributed_c10d.py",
      2656,
      "isend",
      "return group.send([tensor], group_dst, tag)",
    ],
  ];
}

function ends(facts: Facts): StackEnds {
  return {
    backward: backward(facts),
    collective: sizesOf(facts).pipeline > 1 ? messages(facts) : finishing(facts),
    allocations: [
      [
        ...backward(facts),
        AUTOGRAD_THREAD,
        [LAYERS, 566, "backward", "grad_input = grad_output.matmul(weight)"],
      ],
      [
        ...backward(facts),
        AUTOGRAD_THREAD,
        [
          `${CORE}/fusions/fused_bias_swiglu.py`,
          209,
          "backward",
          "tmp = bias_swiglu_back(grad_output, input, bias)",
        ],
      ],
    ],
  };
}

function enqueuing(facts: Facts): Enqueuing {
  return {
    reduction: [...STACK, ...finishing(facts)],
    tensorSum: [
      AUTOGRAD_THREAD,
      [
        LAYERS,
        579,
        "backward",
        "handle = dist.all_reduce(grad_input, group=tp_group, async_op=True)",
      ],
      ...ALL_REDUCE,
    ],
  };
}

/** Its buckets of gradients grow with the number of replicas. */
function bucket(facts: Facts): number {
  const { data, context } = sizesOf(facts);
  return Math.max(40e6, 1e6 * data * context);
}

export const MEGATRON_STACK: CrashStacks = {
  stack: STACK,
  ends,
  enqueuing,
  groups: { name: megatronName, bucket },
};
