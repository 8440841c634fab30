import { expect, test, vi } from "vitest";
import { formatMetadata } from "../model/format.ts";
import { foundationTensors } from "../model/foundation-file.ts";
import { partShapesOf } from "../model/kinds.ts";
import { writeTensorFile } from "../model/safetensors.ts";
import { elementCount } from "../tensor/shapes.ts";
import { sealOf } from "./check-record.ts";
import type { RunRecord } from "./job.ts";
import { memoryStore } from "./memory-store.ts";
import { keptFoundation, recipeDescription } from "./recipe-choice.ts";
import { completeSettings } from "./settings.ts";

const settings = completeSettings(2, { latentSize: 4, chunkSeconds: 0.2 });

const recordOf = (name: string): RunRecord => ({
  ...{ format: "etude-run", version: 2, program: "etude test", name, corpusFolder: "/sounds" },
  ...{ createdWallMs: 0, settings, device: "native", threads: 1, files: [] },
});

test.each([
  { of: "mine", isTaken: true },
  { of: "another", isTaken: false },
  { of: undefined, isTaken: true },
])("the kept foundation of the run $of is taken: $isTaken", async ({ of, isTaken }) => {
  const foundation = Object.fromEntries(
    Object.entries(partShapesOf(recipeDescription(settings))).map(([name, shape]) => [
      name,
      { shape, values: new Float32Array(elementCount(shape)) },
    ]),
  );
  const record = of === undefined ? {} : { record: await sealOf(recordOf(of)) };
  const metadata = { ...formatMetadata("foundation"), ...record };
  const bytes = await writeTensorFile({ tensors: foundationTensors(foundation), metadata });
  const store = memoryStore(new Map([["foundation.safetensors", bytes]]));
  const anew = vi.fn(async () => undefined);
  const kept = await keptFoundation({ record: recordOf("mine"), store }, anew);
  expect(Object.keys(kept ?? {})).toEqual(isTaken ? Object.keys(foundation) : []);
  expect(anew).toHaveBeenCalledTimes(isTaken ? 0 : 1);
});
