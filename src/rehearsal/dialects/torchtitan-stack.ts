/**
 * Stack traces of torchtitan's processes when they fail.
 *
 * Source: pytorch/torchtitan 0.2.2 (`train.py`, `models`).
 */

import { bucketNumel } from "./collective.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { titanName } from "./process-groups.ts";
import type { CrashStacks, Enqueuing, StackEnds } from "./stack-ends.ts";
import {
  BACKWARD,
  LINEAR,
  MODULE_CALL,
  PACKAGES,
  PIPELINE_BACKWARD,
  torchEnqueuing,
  UNSHARDING,
} from "./torch-frames.ts";
import type { Stack } from "./traceback.ts";

const ROOT = "/workspace/torchtitan/torchtitan";
const TRAIN = `${ROOT}/train.py`;

const STACK: Stack = [
  ["<frozen runpy>", 198, "_run_module_as_main", ""],
  ["<frozen runpy>", 88, "_run_code", ""],
  [TRAIN, 912, "<module>", "main(Trainer)"],
  [TRAIN, 893, "main", "trainer.train()"],
  [
    `${PACKAGES}/torch/distributed/elastic/multiprocessing/errors/__init__.py`,
    367,
    "wrapper",
    "return f(*args, **kwargs)",
  ],
  [TRAIN, 781, "train", "self.train_step(data_iterator)"],
  [TRAIN, 640, "train_step", "loss = self.forward_backward_step("],
];

const PASS = "forward_backward_step";

/** The model is called, up to its last matrix. */
function forward({ model }: Facts): Stack {
  const family = (model?.family ?? "llama3").toLowerCase().replace(/[^a-z0-9]+/g, "");
  return [
    [TRAIN, 587, PASS, "pred = model_parts[0](inputs, **extra_inputs, **extra_kwargs)"],
    ...MODULE_CALL,
    [
      `${ROOT}/models/${family}/model/model.py`,
      537,
      "forward",
      "output = self.output(h) if self.output is not None else h",
      "self.output(h)",
    ],
  ];
}

function ends(facts: Facts): StackEnds {
  const backward: Stack =
    sizesOf(facts).pipeline > 1
      ? [[TRAIN, 567, PASS, "self.pp_schedule.step("], ...PIPELINE_BACKWARD]
      : [[TRAIN, 595, PASS, "loss.backward()"], ...BACKWARD];
  if (sizesOf(facts).pipeline > 1)
    return { backward, collective: backward, allocations: [backward] };
  const isSharded = facts.cluster?.sharding !== "none";
  return {
    backward,
    collective: isSharded ? [...forward(facts), ...UNSHARDING] : backward,
    allocations: [backward, [...forward(facts), ...LINEAR]],
  };
}

function enqueuing(facts: Facts): Enqueuing {
  return { ...torchEnqueuing(facts), tensorSum: [] };
}

export const TORCHTITAN_STACK: CrashStacks = {
  stack: STACK,
  ends,
  enqueuing,
  groups: { name: titanName, bucket: bucketNumel },
};
