/** What a viewer relies on in every scene. */

import { describe, expect, test } from "vitest";
import { recordingOf, smallRun } from "../../../test/support/simulated.ts";
import { SCENES } from "./scenes.ts";

const seeds = [1, 2, 3, 4];
const STEPS_MAX = 3000;

describe.each(SCENES)("$name", (scene) => {
  test("says that it trains before every step, also after a validation in the middle of an epoch", () => {
    // Where the length of a run can be asked for, a short one.
    const wanted = scene.takes.includes("tokens") ? smallRun.wanted : {};
    for (const seed of seeds) {
      let phase: string | undefined;
      const { items } = scene.start({ ...smallRun, wanted, seed, byChance: true });
      for (const event of recordingOf(items, STEPS_MAX).news) {
        if (event.type === "phase-started") phase = event.phase;
        if (event.type === "step-done")
          expect({ seed, step: event.step, phase }).toEqual({
            seed,
            step: event.step,
            phase: "training",
          });
        if (event.type === "phase-progress") expect(event.phase).toBe(phase);
      }
    }
  });
});
