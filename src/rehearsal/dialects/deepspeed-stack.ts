/**
 * Stack traces of DeepSpeed's processes when they fail.
 *
 * Source: deepspeedai/DeepSpeed 0.19 (`runtime/engine.py`, `runtime/zero`).
 */

import type { Facts } from "./facts.ts";
import { deepspeedName } from "./process-groups.ts";
import type { CrashStacks, Enqueuing, StackEnds } from "./stack-ends.ts";
import {
  ALL_GATHER,
  AUTOGRAD_THREAD,
  BACKWARD,
  LINEAR,
  MODULE_CALL,
  PACKAGES,
  REDUCE_SCATTER,
} from "./torch-frames.ts";
import type { Stack, StackFrame } from "./traceback.ts";

const DEEPSPEED = `${PACKAGES}/deepspeed`;
const ENGINE = `${DEEPSPEED}/runtime/engine.py`;
const ZERO = `${DEEPSPEED}/runtime/zero`;
const COMM = `${DEEPSPEED}/comm`;
const MAIN = "/workspace/train.py";

/** Around what the profiler shows by its name. */
const MARKED: StackFrame = [
  `${DEEPSPEED}/utils/nvtx.py`,
  20,
  "wrapped_fn",
  "ret_val = func(*args, **kwargs)",
];
const TIMED: StackFrame = [`${COMM}/comm.py`, 118, "log_wrapper", "return func(*args, **kwargs)"];

const STACK: Stack = [[MAIN, 241, "<module>", "main()"]];

const FORWARD: Stack = [
  [MAIN, 198, "main", "loss = engine(batch)"],
  ...MODULE_CALL,
  MARKED,
  [ENGINE, 2138, "forward", "loss = self.module(*inputs, **kwargs)"],
];

const GRADIENTS: Stack = [
  [MAIN, 201, "main", "engine.backward(loss)"],
  MARKED,
  [ENGINE, 2306, "backward", "loss.backward(**backward_kwargs)"],
  ...BACKWARD,
];

/** A module's weights are gathered before it is called. */
const FETCHING: Stack = [
  ...FORWARD,
  ...MODULE_CALL,
  [
    `${ZERO}/parameter_offload.py`,
    489,
    "_pre_forward_module_hook",
    "self.pre_sub_module_forward_function(module)",
  ],
  MARKED,
  [
    `${ZERO}/partitioned_param_coordinator.py`,
    327,
    "fetch_sub_module",
    "self.__all_gather_params(params_to_fetch, forward)",
  ],
  MARKED,
  [
    `${ZERO}/partitioned_param_coordinator.py`,
    471,
    "__all_gather_params",
    "self.__all_gather_params_(nonquantized_params, forward, quantize=self.zero_quantized_weights)",
  ],
  [
    `${ZERO}/partitioned_param_coordinator.py`,
    500,
    "__all_gather_params_",
    "handle = param_group[0].all_gather_coalesced(param_group, quantize=quantize)",
  ],
  MARKED,
  [
    `${ZERO}/partition_parameters.py`,
    1262,
    "all_gather_coalesced",
    "handles.append(_all_gather_dtype(dt, params, world_size, rank_in_group, ds_process_group))",
    "_all_gather_dtype(dt, params, world_size, rank_in_group, ds_process_group)",
  ],
  [`${ZERO}/partition_parameters.py`, 1221, "_all_gather_dtype", "handle = _dist_allgather_fn("],
  [
    `${ZERO}/partition_parameters.py`,
    93,
    "_dist_allgather_fn",
    "return instrument_w_nvtx(dist.allgather_fn)(output_tensor, input_tensor, group=group, async_op=True)",
  ],
  MARKED,
  [`${COMM}/comm.py`, 320, "allgather_fn", "return all_gather_into_tensor("],
  TIMED,
  [`${COMM}/torch.py`, 233, "all_gather_into_tensor", "return self.all_gather_function("],
  ...ALL_GATHER,
];

/** Gradients of a bucket are put together as soon as it is full. */
function reducing(stage: number): Stack {
  const isWhole = stage < 3;
  const file = isWhole ? `${ZERO}/stage_1_and_2.py` : `${ZERO}/stage3.py`;
  const hook = "reduce_ready_partitions_and_remove_grads";
  return [
    AUTOGRAD_THREAD,
    [file, isWhole ? 1061 : 1353, "reduce_partition_and_remove_grads", `self.${hook}(param)`],
    [
      file,
      isWhole ? 1540 : 1396,
      "__reduce_and_partition_ipg_grads",
      "grad_partitions = self.__avg_scatter_grads(params_to_reduce, communication_data_type)",
    ],
    MARKED,
    [
      file,
      isWhole ? 1571 : 1439,
      "__avg_scatter_grads",
      "grad_partitions_for_rank = reduce_scatter_coalesced(full_grads_for_rank, self.dp_process_group)",
    ],
    MARKED,
    [
      `${DEEPSPEED}/runtime/comm/coalesced_collectives.py`,
      137,
      "reduce_scatter_coalesced",
      "_torch_reduce_scatter_fn(tensor_partition_flat_buffer, tensor_partition_buffer_for_each_rank[this_rank], group=group)",
    ],
    [`${COMM}/comm.py`, 257, "reduce_scatter_fn", "return reduce_scatter_tensor("],
    TIMED,
    [
      `${COMM}/torch.py`,
      260,
      "reduce_scatter_tensor",
      "return self.reduce_scatter_function(output_tensor,",
    ],
    ...REDUCE_SCATTER,
  ];
}

function ends({ cluster }: Facts): StackEnds {
  return {
    backward: GRADIENTS,
    collective: cluster?.sharding === "full" ? FETCHING : GRADIENTS,
    allocations: [
      GRADIENTS,
      [
        ...FORWARD,
        ...MODULE_CALL,
        [MAIN, 88, "forward", "logits = self.lm_head(hidden)"],
        ...LINEAR,
      ],
    ],
  };
}

function enqueuing({ cluster }: Facts): Enqueuing {
  return { reduction: reducing(cluster?.sharding === "full" ? 3 : 1) };
}

export const DEEPSPEED_STACK: CrashStacks = {
  stack: STACK,
  ends,
  enqueuing,
  // "reduce_bucket_size"
  groups: { name: deepspeedName, bucket: () => 5e8 },
};
