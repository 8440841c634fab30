/** Runs: started, cancelled, resumed, heard. */

import * as v from "valibot";
import { modelNames } from "../../sound/model/model-names.ts";
import type { TrainWish } from "../contract.ts";
import { answerBytes, answerJson } from "./answers.node.ts";
import type { Route } from "./router.node.ts";
import type { RunDesk } from "./run-desk.node.ts";
import { readWish } from "./wish.node.ts";

const minutes = v.pipe(v.number(), v.minValue(0.01), v.maxValue(100_000));

const trainWish: v.GenericSchema<unknown, TrainWish> = v.strictObject({
  dataset: v.string(),
  name: v.exactOptional(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100))),
  preset: v.exactOptional(v.picklist(["auto", "conservative", "balanced", "aggressive"])),
  minutes: v.exactOptional(minutes),
  model: v.exactOptional(v.picklist(modelNames)),
  seed: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1))),
  device: v.exactOptional(v.picklist(["processor", "gpu"])),
});

const resumeWish = v.strictObject({ minutes: v.exactOptional(minutes) });

export function runRoutes({ runs }: { readonly runs: RunDesk }): readonly Route[] {
  return [
    {
      method: "POST",
      path: "runs",
      answer: async ({ request, response }) => {
        const id = await runs.start(await readWish(request, trainWish));
        answerJson(response, { id });
      },
    },
    {
      method: "POST",
      path: "runs/:run/cancel",
      answer: async ({ response, at }) => {
        await runs.cancel(at("run"));
        answerJson(response, {});
      },
    },
    {
      method: "POST",
      path: "runs/:run/resume",
      answer: async ({ request, response, at }) => {
        await runs.resume(at("run"), await readWish(request, resumeWish));
        answerJson(response, {});
      },
    },
    {
      method: "GET",
      path: "runs/:run/preview",
      answer: async ({ response, at, query }) => {
        const bytes = await runs.preview(at("run"), query.get("path") ?? "");
        answerBytes(response, { bytes, type: "audio/wav" });
      },
    },
  ];
}
