import { expect, test } from "vitest";
import { finetuning } from "../../../test/support/simulated.ts";

test.each([1, 2, 3])("goes back to its epoch after each validation within it, seed %d", (seed) => {
  const { news } = finetuning(seed);
  const plan = news.find((one) => one.type === "plan-made");
  const phases = news.filter((one) => one.type === "phase-started");
  const training = phases.filter(({ phase }) => phase === "training");
  let within = 0;
  for (const [i, event] of news.entries()) {
    if (event.type !== "evaluation-done") continue;
    const next = news.slice(i).find((one) => one.type === "phase-started");
    const isLastOfEpoch = event.step % (plan?.stepsPerEpoch ?? 1) === 0;
    if (!isLastOfEpoch) {
      within += 1;
      expect(next).toMatchObject({
        phase: "training",
        text: `Epoch ${event.epoch} of ${plan?.epochsTotal}`,
      });
    }
  }
  expect(within).toBe(plan?.epochsTotal);
  // RunRecording once where an epoch begins, and once after each of these.
  expect(training).toHaveLength((plan?.epochsTotal ?? 0) + within);
});
