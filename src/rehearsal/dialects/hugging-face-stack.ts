/**
 * Stack traces of the Hugging Face Trainer's processes when they fail.
 *
 * Source: transformers 5.18 (`trainer.py`, `models/llama`, `loss/loss_utils.py`), accelerate 1.15.
 */

import { bucketNumel } from "./collective.ts";
import type { Facts } from "./facts.ts";
import { meshNames } from "./process-groups.ts";
import type { CrashStacks, StackEnds } from "./stack-ends.ts";
import {
  ADAM_STEP,
  BACKWARD,
  MODULE_CALL,
  PACKAGES,
  torchEnqueuing,
  UNSHARDING,
} from "./torch-frames.ts";
import type { Stack } from "./traceback.ts";

const TRAINER = `${PACKAGES}/transformers/trainer.py`;
const LLAMA = `${PACKAGES}/transformers/models/llama/modeling_llama.py`;

const STACK: Stack = [
  ["/workspace/run_clm.py", 661, "<module>", "main()"],
  [
    "/workspace/run_clm.py",
    609,
    "main",
    "train_result = trainer.train(resume_from_checkpoint=checkpoint)",
  ],
  [TRAINER, 1549, "train", "return inner_training_loop("],
  [TRAINER, 1631, "_inner_training_loop", "self._run_epoch("],
];

const EPOCH: Stack = [
  [
    TRAINER,
    1871,
    "_run_epoch",
    "tr_loss_step = self.training_step(model, inputs, num_items_in_batch)",
  ],
];

const LOSS: Stack = [
  ...EPOCH,
  [
    TRAINER,
    2043,
    "training_step",
    "loss = self.compute_loss(model, inputs, num_items_in_batch=num_items_in_batch)",
  ],
  [TRAINER, 2117, "compute_loss", "outputs = model(**inputs)"],
];

const GRADIENTS: Stack = [
  ...EPOCH,
  [TRAINER, 2073, "training_step", "self.accelerator.backward(loss, **kwargs)"],
  [`${PACKAGES}/accelerate/accelerator.py`, 2861, "backward", "loss.backward(**kwargs)"],
  ...BACKWARD,
];

/** The scores of all words, as float32. */
const LOGITS: Stack = [
  ...LOSS,
  ...MODULE_CALL,
  [
    LLAMA,
    484,
    "forward",
    "loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.vocab_size, **kwargs)",
  ],
  [`${PACKAGES}/transformers/loss/loss_utils.py`, 59, "ForCausalLMLoss", "logits = logits.float()"],
];

const UPDATE: Stack = [
  [TRAINER, 1897, "_run_epoch", "self.optimizer.step()"],
  [`${PACKAGES}/accelerate/optimizer.py`, 186, "step", "self.optimizer.step(closure)"],
  ...ADAM_STEP,
];

function ends({ cluster, model }: Facts): StackEnds {
  const isLlama = /llama/i.test(model?.family ?? "");
  return {
    backward: GRADIENTS,
    collective: cluster?.sharding === "full" ? [...LOSS, ...UNSHARDING] : GRADIENTS,
    allocations: [GRADIENTS, UPDATE, ...(isLlama ? [LOGITS] : [])],
  };
}

export const HUGGING_FACE_STACK: CrashStacks = {
  stack: STACK,
  ends,
  enqueuing: torchEnqueuing,
  groups: { name: meshNames({ data: "dp_shard", tensor: "tp" }), bucket: bucketNumel },
};
