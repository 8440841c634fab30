/** One short simulated training: three epochs in a few minutes. */

import type { ClusterMessage } from "../../../events/cluster.ts";
import type { Notice } from "../../../events/events.ts";
import { below, type Random } from "../../../random.ts";
import { type Machines, machinesOf, reportedNodesOf } from "../../cluster/machines.ts";
import { pick, streamOf } from "../../engine/chance.ts";
import { rounded } from "../../engine/portable-math.ts";
import type { SceneOptions } from "../../engine/scene.ts";
import { type Incidents, incidentsOf } from "../../incidents/active.ts";
import { scriptNotices } from "../../incidents/script.ts";
import type { TimedMessage } from "../../incidents/symptoms.ts";
import { newWatch, type Watch } from "../../incidents/watch.ts";
import { type Plan, peakFlops } from "../../plan/plan.ts";
import { tokensPerStep } from "../../plan/setup.ts";
import { chooseTraining } from "../choose-run.ts";
import { type Described, describe, jobOf } from "../opening.ts";
import { lossEnds, spikesOf } from "./loss.ts";

export const EPOCHS = 3;

const BATCHES = [256, 512, 1024, 2048];
const SEQUENCES = [2048, 4096, 8192];

export interface TrainingRun {
  readonly seed: number;
  readonly plan: Plan;
  readonly described: Described;
  readonly stepsPerEpoch: number;
  readonly stepsTotal: number;
  readonly batchTokens: number;
  readonly stepMs: number;
  readonly flopsPerStep: number;
  readonly peakFlopsPerGpu: number;
  readonly startLoss: number;
  readonly floorLoss: number;
  readonly machines: Machines;
  readonly incidents: Incidents;
  /** Nodes that appear in status samples. */
  readonly reportedNodes: readonly number[];
  /** Incidents that no event has shown yet. */
  readonly watch: Watch;
  readonly random: Random;
  /** The events before the first step. */
  readonly warnings: readonly Notice[];

  nowMs: number;
  step: number;
  /** Messages that are due later, by time. */
  messages: readonly TimedMessage[];
  /** Since the last look at the machines. */
  statusMs: number;
  statusEnergyJoules: number;
  trainMs: number;
  /** Kinds of warnings that have not come in this round. */
  warnersLeft: ((run: TrainingRun) => ClusterMessage | undefined)[];
  epochLosses: number[];
  epochNormMax: number;
  epochLossRiseMax: number;
  lastLoss: number;
  bestLoss: number;
  sinceBest: number;
}

export function newTraining(options: SceneOptions): TrainingRun {
  const { seed } = options;
  const choice = streamOf(seed, "choice");
  const stepsPerEpoch = 500 + below(choice, 1500);
  const plan = chooseTraining(choice, options, {
    steps: EPOCHS * stepsPerEpoch,
    globalBatchSequences: pick(choice, BATCHES),
    sequence: pick(choice, SEQUENCES),
  });
  const { setup } = plan;
  const described = describe(choice, {
    scene: "llm_training",
    plan: { ...plan, steps: EPOCHS * stepsPerEpoch },
    options,
    schedule: "cosine",
    samples: stepsPerEpoch * setup.globalBatchSequences,
  });
  const batchTokens = tokensPerStep(setup);
  const reportedNodes = reportedNodesOf(seed, described.cluster.nodeCount);
  const stepMs = rounded(plan.stepSeconds * 1000, 3);
  return {
    seed,
    plan,
    described,
    stepsPerEpoch,
    stepsTotal: EPOCHS * stepsPerEpoch,
    batchTokens,
    stepMs,
    flopsPerStep: Math.round(plan.flopsPerToken) * batchTokens,
    peakFlopsPerGpu: peakFlops(setup),
    ...lossEnds(plan, seed),
    machines: machinesOf(jobOf(plan), seed),
    incidents: incidentsOf({
      seed,
      nodes: described.cluster.nodeCount,
      gpusPerNode: described.cluster.gpusPerNode,
      failuresPerNodeDay: 0,
      hasExperts: described.model.experts > 0,
      // Whatever its precision: nothing stops this run.
      scalesLosses: true,
      scripts: [
        ...options.incidents,
        ...(options.byChance ? spikesOf(seed, { epochs: EPOCHS, stepsPerEpoch }) : []),
      ],
      // Nothing else goes wrong by chance: the run has to come to its end.
      byChance: false,
      reportedNodes,
    }),
    reportedNodes,
    watch: newWatch(),
    random: streamOf(seed, "story"),
    warnings: scriptNotices(options.incidents, {
      stepsTotal: EPOCHS * stepsPerEpoch,
      hasExperts: described.model.experts > 0,
    }),
    ...unstarted(),
  };
}

function unstarted() {
  return {
    nowMs: 0,
    step: 0,
    messages: [],
    statusMs: 0,
    statusEnergyJoules: 0,
    trainMs: 0,
    warnersLeft: [],
    epochLosses: [],
    epochNormMax: 0,
    epochLossRiseMax: 0,
    lastLoss: 0,
    bestLoss: Number.POSITIVE_INFINITY,
    sinceBest: 0,
  };
}
