/** `etude runs`: arguments, options and help. */

const folder = {
  name: "folder",
  value: "FOLDER",
  description: "folder of runs, or one run; the configured runs without it",
  optional: true,
} as const;

export const runsList = {
  summary: "list training runs with their state and size",
  arguments: [folder as typeof folder],
  options: {},
  examples: ["etude runs list", "etude runs list ~/old-runs --json"],
} as const;

export const runsPrune = {
  summary: "delete files that training runs no longer need",
  details:
    "Of its checkpoints a run keeps the newest intact one, which is enough to resume, and the best model until it is in the finished one. Record, log, previews and finished models stay. Runs in use are left alone. Runs that finish do this by themselves; older and stopped ones gain most.",
  arguments: [folder as typeof folder],
  options: {
    dryRun: { type: "flag", description: "only say what would be deleted" },
  },
  examples: ["etude runs prune --dry-run", "etude runs prune runs/rain"],
} as const;
