/** The states that all machines of a job share (training, saving, waiting), and their load. */

import type { ClusterStatus } from "../../events/cluster.ts";

export type MachineState = ClusterStatus["state"];

/** What all GPUs do with their time in a state. */
export interface Load {
  /** What they draw, as a factor: below 1 under a lowered limit. */
  readonly times: number;
  /** Share of a step in which they compute; in the rest they spin and wait for the slowest. */
  readonly busy: number;
}

export const FULL_LOAD: Load = { times: 1, busy: 1 };

/** Share of the power of training that each state takes, between idle (0) and training (1). */
const STATE_SHARES: { readonly [S in MachineState]: number } = {
  training: 1,
  validating: 0.86,
  saving: 0.45,
  stalled: 0.12,
  // Every GPU spins in a kernel that waits: busy by its own word, and nearly cold.
  hanging: 0.07,
  down: 0,
};

/** Share of the power of training, between idle (0) and training (1). */
export function powerShare(state: MachineState, busy: number): number {
  const share = STATE_SHARES[state];
  const waiting = Math.min(share, STATE_SHARES.hanging);
  return waiting + (share - waiting) * busy;
}
