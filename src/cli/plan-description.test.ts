/** What docs/formats.md says of `etude plan --config`, held against the program. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planRun } from "../rehearsal/plan/plan.ts";
import { planToJson } from "../rehearsal/plan/plan-json.ts";
import { readRequest } from "../rehearsal/plan/read-request.ts";

const path = join(import.meta.dirname, "..", "..", "docs", "formats.md");
const text = await readFile(path, "utf8");
const [, section = ""] = /## Description of a run(.*?)\n## /s.exec(text) ?? [];
const [, example = ""] = /```json\n(.*?)```/s.exec(section) ?? [];

test("the example of a description can be planned, and its answer as well", () => {
  const answer = planToJson(planRun(readRequest(JSON.parse(example))));
  expect(answer).toMatchObject({ model: "Llama-3.1-70B", inputs: { gpuCount: 1024 } });
  const again = planToJson(planRun(readRequest(answer["inputs"])));
  expect(again["inputs"]).toEqual(answer["inputs"]);
  expect(again["stepSeconds"]).toBe(answer["stepSeconds"]);
});

test("every field of a description and of the answer is in the document", () => {
  const answer = planToJson(planRun(readRequest(JSON.parse(example))));
  const names = [...Object.keys(answer), ...Object.keys(answer["inputs"] as object)];
  expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
});

test("every field that is accepted is in the document", () => {
  const failure = (): unknown => readRequest({ thereIsNone: 1 });
  const accepted = /need one of (.*)/.exec(messageOf(failure))?.[1]?.split(", ") ?? [];
  expect(accepted.length).toBeGreaterThan(30);
  expect(accepted.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (failure) {
    return failure instanceof Error ? failure.message : "";
  }
}
