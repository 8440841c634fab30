/**
 * Stacks inside torch, which all frameworks end in.
 *
 * Source: torch 2.12, as tracebacks and flight recorders of it have the lines.
 */

import type { Facts } from "./facts.ts";
import type { Enqueuing } from "./stack-ends.ts";
import type { Stack, StackFrame } from "./traceback.ts";

export const PACKAGES = "/opt/venv/lib/python3.12/site-packages";
const TORCH = `${PACKAGES}/torch`;
const FSDP = `${TORCH}/distributed/fsdp/_fully_shard`;

/** A module is called. */
export const MODULE_CALL: Stack = [
  [
    `${TORCH}/nn/modules/module.py`,
    1779,
    "_wrapped_call_impl",
    "return self._call_impl(*args, **kwargs)",
  ],
  [`${TORCH}/nn/modules/module.py`, 1790, "_call_impl", "return forward_call(*args, **kwargs)"],
];

/** A module is called that has hooks, as shards of weights are gathered by. */
const HOOKED_CALL: Stack = [
  [
    `${TORCH}/nn/modules/module.py`,
    1779,
    "_wrapped_call_impl",
    "return self._call_impl(*args, **kwargs)",
  ],
  [`${TORCH}/nn/modules/module.py`, 1885, "_call_impl", "return inner()"],
  [`${TORCH}/nn/modules/module.py`, 1819, "inner", "args_kwargs_result = hook(self, args, kwargs)"],
];

const ENGINE: Stack = [
  [`${TORCH}/autograd/__init__.py`, 381, "backward", "_engine_run_backward("],
  [
    `${TORCH}/autograd/graph.py`,
    869,
    "_engine_run_backward",
    "return Variable._execution_engine.run_backward(  # Calls into the C++ engine to run the backward pass",
  ],
];

/** After "loss.backward()". */
export const BACKWARD: Stack = [
  [`${TORCH}/_tensor.py`, 631, "backward", "torch.autograd.backward("],
  ...ENGINE,
];

/** After a schedule of torch's pipelines was told to go on. */
export const PIPELINE_BACKWARD: Stack = [
  [
    `${TORCH}/distributed/pipelining/schedules.py`,
    672,
    "step",
    "self._step_microbatches(args_split, kwargs_split, targets_split, losses)",
  ],
  [
    `${TORCH}/distributed/pipelining/schedules.py`,
    944,
    "_step_microbatches",
    "self._stage.backward_one_chunk(",
  ],
  [
    `${TORCH}/distributed/pipelining/stage.py`,
    836,
    "backward_one_chunk",
    'grads_input, _ = self.backward_maybe_with_nosync("full", bwd_kwargs)',
  ],
  [
    `${TORCH}/distributed/pipelining/_backward.py`,
    370,
    "stage_backward",
    "torch.autograd.backward(",
  ],
  ...ENGINE,
];

/** The first frame that autograd's own thread has: a function whose gradient is Python. */
export const AUTOGRAD_THREAD: StackFrame = [
  `${TORCH}/autograd/function.py`,
  317,
  "apply",
  "return user_fn(self, *args)",
];

/** Around each function of torch.distributed. */
const LOGGED: StackFrame = [
  `${TORCH}/distributed/c10d_logger.py`,
  83,
  "wrapper",
  "return func(*args, **kwargs)",
];
const WITHOUT_GRADIENTS: StackFrame = [
  `${TORCH}/utils/_contextlib.py`,
  124,
  "decorate_context",
  "return func(*args, **kwargs)",
];

export const ALL_GATHER: Stack = [
  LOGGED,
  [
    `${TORCH}/distributed/distributed_c10d.py`,
    4316,
    "all_gather_into_tensor",
    "work = group._allgather_base(output_tensor, input_tensor, opts)",
  ],
];
export const REDUCE_SCATTER: Stack = [
  LOGGED,
  [
    `${TORCH}/distributed/distributed_c10d.py`,
    4759,
    "reduce_scatter_tensor",
    "work = group._reduce_scatter_base(output, input, opts)",
  ],
];
export const ALL_REDUCE: Stack = [
  LOGGED,
  [
    `${TORCH}/distributed/distributed_c10d.py`,
    3174,
    "all_reduce",
    "work = group.allreduce([tensor], opts)",
  ],
];

/** Several collectives in one. */
export const COALESCED: Stack = [
  ["/usr/lib/python3.12/contextlib.py", 144, "__exit__", "next(self.gen)"],
  [
    `${TORCH}/distributed/distributed_c10d.py`,
    2757,
    "_coalescing_manager",
    "work = group.reduce_scatter_tensor_coalesced(outputs, inputs, opts)",
  ],
];

/** A module's weights are gathered before it is called. */
export const UNSHARDING: Stack = [
  ...HOOKED_CALL,
  [`${FSDP}/_fsdp_state.py`, 62, "fsdp_hook_wrapper", "return func(*args, **kwargs)"],
  [
    `${FSDP}/_fsdp_state.py`,
    258,
    "_pre_forward",
    "args, kwargs = self._fsdp_param_group.pre_forward(module, args, kwargs)",
  ],
  [`${FSDP}/_fsdp_param_group.py`, 453, "pre_forward", "self.unshard(self.unshard_async_op)"],
  [`${FSDP}/_fsdp_param_group.py`, 372, "unshard", "self._all_gather_result = foreach_all_gather("],
  WITHOUT_GRADIENTS,
  [`${FSDP}/_fsdp_collectives.py`, 364, "foreach_all_gather", "all_gather_work = all_gather_comm("],
  [`${FSDP}/_fsdp_collectives.py`, 97, "__call__", "return dist.all_gather_into_tensor("],
  ...ALL_GATHER,
];

/** Its gradients go to those who keep a part of them, in autograd's thread. */
const RESHARDING: Stack = [
  AUTOGRAD_THREAD,
  [`${FSDP}/_fsdp_param_group.py`, 948, "backward", "ctx.param_group.post_backward()"],
  [`${FSDP}/_fsdp_param_group.py`, 712, "post_backward", ") = foreach_reduce("],
  WITHOUT_GRADIENTS,
  [`${FSDP}/_fsdp_collectives.py`, 601, "foreach_reduce", "reduce_scatter_comm("],
  [`${FSDP}/_fsdp_collectives.py`, 160, "__call__", "return dist.reduce_scatter_tensor("],
  ...REDUCE_SCATTER,
];

/** Of gradients that FSDP sums up; where weights are whole, DDP does it in C++. */
export function torchEnqueuing({ cluster }: Facts): Enqueuing {
  return { reduction: cluster?.sharding === "none" ? [] : RESHARDING };
}

/** A matrix is multiplied, and asks for memory for what comes out. */
export const LINEAR: Stack = [
  ...MODULE_CALL,
  [
    `${TORCH}/nn/modules/linear.py`,
    134,
    "forward",
    "return F.linear(input, self.weight, self.bias)",
  ],
];

/** The optimiser asks for memory for the roots of all second moments at once. */
export const ADAM_STEP: Stack = [
  [`${TORCH}/optim/optimizer.py`, 526, "wrapper", "out = func(*args, **kwargs)"],
  [`${TORCH}/optim/optimizer.py`, 81, "_use_grad", "ret = func(*args, **kwargs)"],
  [`${TORCH}/optim/adam.py`, 248, "step", "adam("],
  [`${TORCH}/optim/optimizer.py`, 154, "maybe_fallback", "return func(*args, **kwargs)"],
  [`${TORCH}/optim/adam.py`, 970, "adam", "func("],
  [
    `${TORCH}/optim/adam.py`,
    797,
    "_multi_tensor_adam",
    "exp_avg_sq_sqrt = torch._foreach_sqrt(device_exp_avg_sqs)",
  ],
];

/** A signal says that a worker of the data loader is gone, wherever the program is then. */
export const WORKER_GONE: StackFrame = [
  `${TORCH}/utils/data/_utils/signal_handling.py`,
  73,
  "handler",
  "_error_if_any_worker_fails()",
];
