/** Stack traces of a framework's process when it fails. */

import type { Facts } from "./facts.ts";
import type { Grouping } from "./process-groups.ts";
import type { Launch } from "./torchrun.ts";
import type { Stack } from "./traceback.ts";

/** The frames below the training step, by the kind of failure. */
export interface StackEnds {
  /** In a backward pass, where errors of a card come up: kernels are behind the program. */
  readonly backward: Stack;
  /** In a collective of the forward pass or between the passes. */
  readonly collective: Stack;
  /** Where memory is asked for: any of these. */
  readonly allocations: readonly Stack[];
}

/** Stacks of the threads that enqueue collectives, from their beginning; empty where C++ does it. */
export interface Enqueuing {
  /** Gradients are summed up: mostly in autograd's own thread, which knows no script. */
  readonly reduction: Stack;
  /** Ranks that share a layer add up what they have of it. @default reduction */
  readonly tensorSum?: Stack;
}

/** The stack traces of a failure. */
export interface CrashStacks {
  /** From the script down to the step. */
  readonly stack: Stack;
  ends(facts: Facts): StackEnds;
  enqueuing(facts: Facts): Enqueuing;
  readonly groups: Grouping;
}

export interface FrameworkProcess extends Launch, CrashStacks {}
