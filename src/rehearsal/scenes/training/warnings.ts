/** Warnings between steps and after a validation. None of them is an incident. */

import type { ClusterMessage, EvaluationDone } from "../../../events/cluster.ts";
import { below } from "../../../random.ts";
import { pick, shuffled } from "../../engine/chance.ts";
import { rounded } from "../../engine/portable-math.ts";
import { CLIP_NORM } from "../opening.ts";
import { between, says } from "../timed-news.ts";
import type { TrainingRun } from "./training-run.ts";

/** A warning reports memory that is filled so far. Assumed. */
const HIGH_MEMORY_SHARE = 0.88;

const WARNING = { level: "warning", source: "framework" } as const;

type Warner = (run: TrainingRun) => ClusterMessage | undefined;

/** Each gives a warning where it can be true. */
const STEP_WARNERS: readonly Warner[] = [
  memoryWarning,
  hostMemoryWarning,
  loaderWarning,
  attentionWarning,
  normWarning,
  (run) => {
    const times = rounded(between(run, 1.5, 4), 1);
    return says({ ...WARNING, source: "nccl", code: "collective-slow", values: { times } });
  },
  (run) => {
    const values = { count: 1 + below(run.random, 40) };
    return says({ ...WARNING, source: "driver", code: "ecc-corrected", ...gpuOf(run), values });
  },
  (run) => {
    const values = { port: below(run.random, 8), count: 20 + below(run.random, 400) };
    const { node } = gpuOf(run);
    return says({ ...WARNING, source: "fabric", code: "symbol-errors", node, values });
  },
  (run) => {
    const values = { ms: rounded(between(run, 4, 60), 1) };
    return says({
      ...WARNING,
      source: "launcher",
      code: "clock-offset",
      node: gpuOf(run).node,
      values,
    });
  },
];

/** Every kind comes once before one comes again. */
export function stepWarning(run: TrainingRun): ClusterMessage {
  for (;;) {
    if (run.warnersLeft.length === 0) run.warnersLeft = shuffled(run.random, STEP_WARNERS);
    const warning = run.warnersLeft.pop()?.(run);
    if (warning !== undefined) return warning;
  }
}

function memoryWarning(run: TrainingRun): ClusterMessage | undefined {
  const share = rounded(plannedShare(run) * 1.02, 3);
  if (share < HIGH_MEMORY_SHARE) return undefined;
  const values = { share: Math.min(0.99, share) };
  return says({ ...WARNING, code: "memory-high", ...gpuOf(run), values });
}

function hostMemoryWarning(run: TrainingRun): ClusterMessage {
  const values = { share: rounded(between(run, 0.88, 0.96), 3) };
  return says({ ...WARNING, code: "host-memory-high", node: gpuOf(run).node, values });
}

function loaderWarning(run: TrainingRun): ClusterMessage {
  return says({
    ...WARNING,
    code: "loader-slow",
    values: { ms: rounded(between(run, 12, 90), 1) },
  });
}

function attentionWarning(run: TrainingRun): ClusterMessage {
  const values = { layer: layerOf(run), logit: rounded(between(run, 45, 80), 1) };
  return says({ ...WARNING, code: "attention-logits", values });
}

function normWarning(run: TrainingRun): ClusterMessage {
  const values = { layer: layerOf(run), share: rounded(between(run, 0.1, 0.3), 3) };
  return says({ ...WARNING, code: "norm-drift", values });
}

/** One of those that can be true now. */
export function validationWarning(
  run: TrainingRun,
  { loss, trainLoss }: EvaluationDone,
): ClusterMessage {
  const { epochNormMax, epochLossRiseMax } = run;
  const gap = rounded(loss / trainLoss - 1, 3);
  const possible = [
    attentionWarning(run),
    loaderWarning(run),
    normWarning(run),
    says({ ...WARNING, code: "validation-gap", values: { share: gap } }),
  ];
  if (epochNormMax > CLIP_NORM)
    possible.push(says({ ...WARNING, code: "gradient-clipped", values: { norm: epochNormMax } }));
  if (epochLossRiseMax > 0.1) {
    const values = { share: rounded(epochLossRiseMax, 3) };
    possible.push(says({ ...WARNING, code: "loss-spike", values }));
  }
  const share = rounded(plannedShare(run), 3);
  if (share > 0.8) possible.push(says({ ...WARNING, code: "memory-pressure", values: { share } }));
  return pick(run.random, possible);
}

function plannedShare({ described }: TrainingRun): number {
  return described.cluster.plannedMemoryBytes / described.cluster.memoryBytesPerGpu;
}

function layerOf({ random, described }: TrainingRun): number {
  return 1 + below(random, described.model.layers - 1);
}

function gpuOf({ random, described }: TrainingRun) {
  const { gpuCount, gpusPerNode } = described.cluster;
  const rank = below(random, gpuCount);
  return { node: Math.floor(rank / gpusPerNode), gpu: rank % gpusPerNode, rank };
}
