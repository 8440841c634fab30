/** A sweep as an array of jobs for Slurm. */

import type { SweepPlan } from "../queue/plan.ts";
import { quotedWord } from "./quoted-word.ts";

/** More at once seldom start. */
const TASKS_MAX = 50;
/** A worker hands over what it has within this time after it is asked to end. */
const HANDOVER_SECONDS = 60;

/**
 * The first task coordinates beside its work; all others wait until it does, and end when the sweep
 * is over. The folder must lie on a disk that all nodes see.
 *
 * @param workers Tasks of the array. @default one a run, at most 50
 */
export function sbatchScript(
  plan: SweepPlan,
  { folder, workers }: { readonly folder: string; readonly workers: number | undefined },
): string {
  const runs = plan.points.length * plan.seeds.length * (plan.folds ?? 1);
  const tasks = workers ?? Math.min(TASKS_MAX, runs);
  const place = quotedWord(folder);
  return `#!/bin/sh
#SBATCH --job-name=etude-sweep
#SBATCH --array=1-${tasks}
#SBATCH --cpus-per-task=${plan.threads}
#SBATCH --mem=${Math.ceil(plan.memoryBytes / 1e6)}M
#SBATCH --requeue
#SBATCH --signal=TERM@${HANDOVER_SECONDS}
#SBATCH --output=/dev/null
# ${runs} runs of ${plan.lengths.at(-1)} epochs. A task that ends early costs the time since its last
# checkpoint; the script can be begun again at any time, and goes on.
if [ "$SLURM_ARRAY_TASK_ID" = 1 ]; then
  etude sweep --resume -o ${place} --workers 0 &
fi
etude worker ${place} --name "slurm-$SLURM_ARRAY_TASK_ID"
wait
`;
}
