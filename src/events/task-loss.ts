import type { Losses, StepDone } from "./events.ts";

/**
 * The comparable part of a loss, between epochs and runs: without regularisation of the latents or
 * the policy, whose weight changes.
 *
 * @returns Undefined for a step that was skipped.
 */
export function taskLoss(losses: Losses): number;
export function taskLoss(step: Pick<StepDone, "loss" | "vae" | "policy">): number | undefined;
export function taskLoss({
  loss,
  vae,
  policy,
}: Pick<StepDone, "loss" | "vae" | "policy">): number | undefined {
  return loss === undefined ? undefined : (vae?.reconstruction ?? policy?.policyLoss ?? loss);
}
