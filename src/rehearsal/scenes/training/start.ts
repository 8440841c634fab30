/** The start of a short training: model, data set, machines, first collective. */

import { rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { after, between, says } from "../timed-news.ts";
import { EPOCHS, type TrainingRun } from "./training-run.ts";

const RANKS_LISTED = 16;
const INITIALISING_UPDATES = 100;

export function* starting(run: TrainingRun): Generator<SceneItem> {
  const { described } = run;
  const { started, model, dataset, recipe } = described;
  run.machines.warmUp();
  yield after(run, 0, started);
  const text = `Initialising ${model.name}`;
  yield after(run, 0, { type: "phase-started", phase: "preparing", text });
  yield after(run, 200, model);
  const initialisingMs = run.nowMs;
  for (let done = 0; done <= INITIALISING_UPDATES; done += 1) {
    const news = {
      type: "phase-progress",
      phase: "preparing",
      done,
      total: INITIALISING_UPDATES,
    } as const;
    yield after(run, between(run, 20, 80), news);
  }
  const seconds = rounded((run.nowMs - initialisingMs) / 1000, 1);
  yield after(
    run,
    20,
    says({ level: "info", source: "framework", code: "weights-initialised", values: { seconds } }),
  );
  const tokenizer = { name: model.tokenizer, vocabulary: model.vocabulary };
  yield after(
    run,
    300,
    says({ level: "info", source: "framework", code: "tokenizer-ready", values: tokenizer }),
  );
  yield after(run, 100, dataset);
  yield after(run, 500, recipe);
  yield* joining(run);
  yield after(run, 300, {
    type: "plan-made",
    epochsTotal: EPOCHS,
    stepsPerEpoch: run.stepsPerEpoch,
    stepsTotal: run.stepsTotal,
    batchSize: recipe.globalBatchSequences,
    parameterCount: model.parameters,
  });
  for (const news of run.warnings) yield after(run, 0, news);
}

function* joining(run: TrainingRun): Generator<SceneItem> {
  const { cluster } = run.described;
  const text = "Starting the ranks";
  yield after(run, 300, { type: "phase-started", phase: "preparing", text });
  yield after(run, 500, cluster);
  const nccl = { level: "info", source: "nccl" } as const;
  const listed = Math.min(RANKS_LISTED, cluster.gpuCount);
  for (let rank = 0; rank < listed; rank += 1) {
    const place = {
      node: Math.floor(rank / cluster.gpusPerNode),
      gpu: rank % cluster.gpusPerNode,
      rank,
    };
    const values = { gpu: cluster.gpuName, worldSize: cluster.gpuCount };
    yield after(
      run,
      between(run, 10, 50),
      says({ ...nccl, source: "framework", code: "rank-ready", ...place, values }),
    );
  }
  if (cluster.gpuCount > listed) {
    const values = { ranks: cluster.gpuCount - listed };
    yield after(run, 30, says({ ...nccl, source: "framework", code: "ranks-more", values }));
  }
  const version = cluster.versions["nccl"] ?? cluster.versions["rccl"] ?? "";
  const ranks = { version, ranks: cluster.gpuCount, nodes: cluster.nodeCount };
  yield after(run, 500, says({ ...nccl, code: "allreduce-test", values: ranks }));
  const ms = rounded(4 + 3 * Math.sqrt(cluster.nodeCount) + between(run, 0, 6), 2);
  yield after(run, 1000, says({ ...nccl, code: "allreduce-passed", values: { ms } }));
}
