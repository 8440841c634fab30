import { expect, test } from "vitest";
import { examplePlan } from "../../test/support/sweep-plan.ts";
import { sbatchScript } from "./sweep-sbatch.ts";

test("sbatchScript() has a task for each run, at most fifty, and quotes its folder", () => {
  const script = sbatchScript(examplePlan({ seeds: [1, 2, 3], threads: 2 }), {
    folder: "/shared/it's here",
    workers: undefined,
  });
  expect(script).toContain("#SBATCH --array=1-12\n#SBATCH --cpus-per-task=2\n#SBATCH --mem=100M\n");
  expect(script).toContain("etude worker '/shared/it'\\''s here' --name");
  const many = examplePlan({ folds: 100 });
  expect(sbatchScript(many, { folder: "/s", workers: undefined })).toContain("--array=1-50\n");
  expect(sbatchScript(many, { folder: "/s", workers: 7 })).toContain("--array=1-7\n");
});
