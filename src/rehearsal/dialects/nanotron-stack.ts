/**
 * Stack traces of nanotron's processes when they fail.
 *
 * Source: huggingface/nanotron, main of 2026 (`trainer.py`, `parallel/pipeline_parallel`,
 * `parallel/tensor_parallel`).
 */

import { bucketNumel } from "./collective.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { nanotronName } from "./process-groups.ts";
import type { CrashStacks, Enqueuing, StackEnds } from "./stack-ends.ts";
import { ALL_REDUCE, AUTOGRAD_THREAD, BACKWARD } from "./torch-frames.ts";
import type { Stack } from "./traceback.ts";

const ROOT = "/workspace/nanotron";
const SOURCE = `${ROOT}/src/nanotron`;
const TRAINER = `${SOURCE}/trainer.py`;
const ENGINE = `${SOURCE}/parallel/pipeline_parallel/engine.py`;
const TENSORS = `${SOURCE}/parallel/tensor_parallel`;
const STEP = "training_step";

const BATCHES: Stack = [
  [`${ROOT}/run_train.py`, 301, "<module>", "trainer.train(dataloader)"],
  [TRAINER, 538, "train", "outputs, loss_avg, z_loss_avg = self.training_step("],
];

const PASSES: Stack = [[TRAINER, 614, STEP, "outputs = self.pipeline_engine.train_batch_iter("]];

const GRADIENTS: Stack = [
  ...PASSES,
  [
    ENGINE,
    302,
    "train_batch_iter",
    "self.backward(context=context, state=state, grad_accumulator=grad_accumulator)",
  ],
  [ENGINE, 108, "backward", "grad_accumulator.backward(sum(activations))"],
  [`${SOURCE}/optim/gradient_accumulator.py`, 242, "backward", "result = loss.backward()"],
  ...BACKWARD,
];

/** Stages wait for what their neighbours send. */
const MESSAGES: Stack = [
  ...PASSES,
  [ENGINE, 287, "train_batch_iter", "self.run_communication(send_activation=True)"],
  [
    `${SOURCE}/parallel/pipeline_parallel/p2p.py`,
    311,
    "recv_tensors",
    "buffers, futures = self.irecv_tensors(num_tensors=num_tensors, from_rank=from_rank, tag=tag)",
  ],
];

/** Gradients are summed up when all micro-batches are through. */
const SUMS: Stack = [
  [TRAINER, 652, STEP, "sync_gradients("],
  [`${SOURCE}/optim/zero.py`, 201, "sync_gradients", "dist.reduce_scatter_coalesced("],
  [`${SOURCE}/distributed.py`, 88, "reduce_scatter_coalesced", "work = group.reduce_scatter("],
];

function ends(facts: Facts): StackEnds {
  return {
    backward: GRADIENTS,
    collective: sizesOf(facts).pipeline > 1 ? MESSAGES : SUMS,
    allocations: [
      GRADIENTS,
      [
        ...GRADIENTS,
        AUTOGRAD_THREAD,
        [`${TENSORS}/functional.py`, 506, "backward", "grad_tensor = grad_output.matmul(weight)"],
      ],
    ],
  };
}

function enqueuing({ cluster }: Facts): Enqueuing {
  return {
    reduction: cluster?.sharding === "none" ? [] : [...BATCHES, ...SUMS],
    tensorSum: [
      AUTOGRAD_THREAD,
      [
        `${TENSORS}/functional.py`,
        518,
        "backward",
        "handle = dist.all_reduce(grad_tensor, group=group, async_op=True)",
      ],
      ...ALL_REDUCE,
    ],
  };
}

export const NANOTRON_STACK: CrashStacks = {
  stack: BATCHES,
  ends,
  enqueuing,
  groups: { name: nanotronName, bucket: bucketNumel },
};
