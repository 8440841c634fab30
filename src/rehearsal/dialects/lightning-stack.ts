/**
 * Stack traces of PyTorch Lightning's processes when they fail.
 *
 * Source: pytorch-lightning 2.6.6 (`trainer`, `loops`, `strategies`, `plugins/precision`).
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

const LIGHTNING = `${PACKAGES}/pytorch_lightning`;
const TRAINER = `${LIGHTNING}/trainer/trainer.py`;
const CALL = `${LIGHTNING}/trainer/call.py`;
const EPOCH = `${LIGHTNING}/loops/training_epoch_loop.py`;
const OPTIMIZATION = `${LIGHTNING}/loops/optimization/automatic.py`;
const STRATEGY = `${LIGHTNING}/strategies/strategy.py`;
const PRECISION = `${LIGHTNING}/plugins/precision/precision.py`;
const HOOK = "output = fn(*args, **kwargs)";

const STACK: Stack = [
  ["/workspace/train.py", 188, "<module>", "main()"],
  ["/workspace/train.py", 181, "main", "trainer.fit(model, datamodule=data, ckpt_path=args.ckpt)"],
  [TRAINER, 584, "fit", "call._call_and_handle_interrupt("],
  [
    CALL,
    48,
    "_call_and_handle_interrupt",
    "return trainer.strategy.launcher.launch(trainer_fn, *args, trainer=trainer, **kwargs)",
  ],
  [
    `${LIGHTNING}/strategies/launchers/subprocess_script.py`,
    105,
    "launch",
    "return function(*args, **kwargs)",
  ],
  [TRAINER, 630, "_fit_impl", "self._run(model, ckpt_path=ckpt_path, weights_only=weights_only)"],
  [TRAINER, 1079, "_run", "results = self._run_stage()"],
  [TRAINER, 1123, "_run_stage", "self.fit_loop.run()"],
  [`${LIGHTNING}/loops/fit_loop.py`, 217, "run", "self.advance()"],
  [`${LIGHTNING}/loops/fit_loop.py`, 469, "advance", "self.epoch_loop.run(self._data_fetcher)"],
  [EPOCH, 153, "run", "self.advance(data_fetcher)"],
  [
    EPOCH,
    352,
    "advance",
    "batch_output = self.automatic_optimization.run(trainer.optimizers[0], batch_idx, kwargs)",
  ],
  [OPTIMIZATION, 192, "run", "self._optimizer_step(batch_idx, closure)"],
  [OPTIMIZATION, 270, "_optimizer_step", "call._call_lightning_module_hook("],
  [CALL, 177, "_call_lightning_module_hook", HOOK],
  [
    `${LIGHTNING}/core/module.py`,
    1368,
    "optimizer_step",
    "optimizer.step(closure=optimizer_closure)",
  ],
  [
    `${LIGHTNING}/core/optimizer.py`,
    154,
    "step",
    "step_output = self._strategy.optimizer_step(self._optimizer, closure, **kwargs)",
  ],
  [
    STRATEGY,
    239,
    "optimizer_step",
    "return self.precision_plugin.optimizer_step(optimizer, model=model, closure=closure, **kwargs)",
  ],
];

/** An optimiser calls for its gradients. */
const CLOSURE: Stack = [
  [PRECISION, 123, "optimizer_step", "return optimizer.step(closure=closure, **kwargs)"],
  ...ADAM_STEP.slice(0, 2),
  [PRECISION, 109, "_wrap_closure", "closure_result = closure()"],
  [OPTIMIZATION, 146, "__call__", "self._result = self.closure(*args, **kwargs)"],
];

const GRADIENTS: Stack = [
  ...CLOSURE,
  [OPTIMIZATION, 140, "closure", "self._backward_fn(step_output.closure_loss)"],
  [
    OPTIMIZATION,
    241,
    "backward_fn",
    'call._call_strategy_hook(self.trainer, "backward", loss, optimizer)',
  ],
  [CALL, 329, "_call_strategy_hook", HOOK],
  [
    STRATEGY,
    213,
    "backward",
    "self.precision_plugin.backward(closure_loss, self.lightning_module, optimizer, *args, **kwargs)",
  ],
  [PRECISION, 73, "backward", "model.backward(tensor, *args, **kwargs)"],
  [`${LIGHTNING}/core/module.py`, 1137, "backward", "loss.backward(*args, **kwargs)"],
  ...BACKWARD,
];

const MODEL: Stack = [
  ...CLOSURE,
  [OPTIMIZATION, 131, "closure", "step_output = self._step_fn()"],
  [
    OPTIMIZATION,
    319,
    "_training_step",
    'training_step_output = call._call_strategy_hook(trainer, "training_step", *kwargs.values())',
  ],
  [CALL, 329, "_call_strategy_hook", HOOK],
  [
    STRATEGY,
    390,
    "training_step",
    'return self._forward_redirection(self.model, self.lightning_module, "training_step", *args, **kwargs)',
  ],
  [STRATEGY, 641, "__call__", "wrapper_output = wrapper_module(*args, **kwargs)"],
];

/** The whole script is the user's own: the loss of all positions at once. */
const LOSS: Stack = [
  ...MODEL,
  ...MODULE_CALL,
  [
    "/workspace/train.py",
    97,
    "training_step",
    "loss = F.cross_entropy(logits.float().flatten(0, 1), batch.labels.flatten())",
    "logits.float()",
  ],
];

function ends({ cluster }: Facts): StackEnds {
  return {
    backward: GRADIENTS,
    collective: cluster?.sharding === "full" ? [...MODEL, ...UNSHARDING] : GRADIENTS,
    allocations: [GRADIENTS, LOSS],
  };
}

export const LIGHTNING_STACK: CrashStacks = {
  stack: STACK,
  ends,
  enqueuing: torchEnqueuing,
  groups: {
    name: meshNames({ data: "data_parallel", tensor: "tensor_parallel" }),
    bucket: bucketNumel,
  },
};
