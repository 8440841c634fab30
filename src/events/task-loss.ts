import type { Losses, StepDone } from "./events.ts";

/**
 * The part of a loss that people compare, between epochs and between runs: how well the task is
 * done, without what only keeps the latents or the policy in place and whose weight changes.
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
