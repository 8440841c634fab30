/** Command -> its implementation, loaded on demand, so that help does not wait for a runtime. */

import type { CommandName } from "./commands.ts";
import type { Handler } from "./context.ts";

/** Complete by construction: a command without an implementation is a compile error. */
export const handlers: { readonly [N in CommandName]: () => Promise<{ run: Handler<N> }> } = {
  train: () => import("./commands/train.node.ts"),
  resume: () => import("./commands/resume.node.ts"),
  generate: () => import("./commands/generate.node.ts"),
  evaluate: () => import("./commands/evaluate.node.ts"),
  quality: () => import("./commands/quality.node.ts"),
  corpus: () => import("./commands/corpus.node.ts"),
  "model list": async () => ({ run: (await import("./commands/model.node.ts")).list }),
  "model info": async () => ({ run: (await import("./commands/model.node.ts")).info }),
  "model rename": async () => ({ run: (await import("./commands/model.node.ts")).rename }),
  "model describe": async () => ({ run: (await import("./commands/model.node.ts")).describe }),
  "model tag": async () => ({ run: (await import("./commands/model.node.ts")).tag }),
  "model delete": async () => ({ run: (await import("./commands/model.node.ts")).remove }),
  "model undelete": async () => ({ run: (await import("./commands/model.node.ts")).undelete }),
  "model empty-trash": async () => ({ run: (await import("./commands/model.node.ts")).emptyTrash }),
  "model import": async () => ({ run: (await import("./commands/model.node.ts")).take }),
  "model export": async () => ({ run: (await import("./commands/model.node.ts")).write }),
  "model repair": async () => ({ run: (await import("./commands/model.node.ts")).repair }),
  "dataset add": async () => ({ run: (await import("./commands/dataset.node.ts")).add }),
  "dataset list": async () => ({ run: (await import("./commands/dataset.node.ts")).list }),
  "dataset info": async () => ({ run: (await import("./commands/dataset.node.ts")).info }),
  "dataset remove": async () => ({ run: (await import("./commands/dataset.node.ts")).remove }),
  "runs list": async () => ({ run: (await import("./commands/runs.node.ts")).list }),
  "runs prune": async () => ({ run: (await import("./commands/runs.node.ts")).prune }),
  studio: () => import("./commands/studio.node.ts"),
  demo: () => import("./commands/demo.node.ts"),
  simulate: () => import("./commands/simulate.node.ts"),
  replay: () => import("./commands/replay.node.ts"),
  plan: () => import("./commands/plan.node.ts"),
  score: () => import("./commands/score.node.ts"),
  doctor: () => import("./commands/doctor.node.ts"),
  completions: () => import("./commands/completions.node.ts"),
  manpage: () => import("./commands/manpage.node.ts"),
};
