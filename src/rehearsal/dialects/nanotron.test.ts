import { expect, test } from "vitest";
import { pretraining, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent } from "../../events/events.ts";
import { openDialect } from "./dialects.ts";

/** One rank a replica: only the data is split. */
const plain = lines(
  pretraining({ seed: 2, wanted: wantedRun("TinyLlama-1.1B", "H100:32", 2e9) }, 40).news,
);
const split = lines(
  pretraining({ seed: 2, wanted: wantedRun("Llama-3.1-70B", "H100:128", 2e10) }, 8).news,
);

test("a dimension of which there is one has no tag", () => {
  const tags = own(plain).map((line) => /\[(?:INFO|WARNING)(\S*)\]: /.exec(line)?.[1]);
  expect(new Set(tags)).toEqual(new Set(["|DP=0|node-0000"]));
  const all = new Set(own(split).map((line) => /\[INFO(\S*)\|node-\d+\]: /.exec(line)?.[1]));
  expect(all).toContain("|DP=0|PP=0|TP=0");
  expect(all).toContain("|DP=0|PP=3|TP=0");
});

test("its texts are those of one version", () => {
  const text = plain.join("\n");
  const start =
    /={50}\n\S+ \S+ \S+ Start training\n\S+ \S+ \S+ ={50}\n\S+ \S+ \S+ mbs: \d+ \| grad_accum: \d+ \| sequence_length: \d+ \| global_batch_size: \d+ \|/;
  expect(text).toMatch(start);
  expect(text).not.toMatch(/\[Start training\]|\[Validation\]|saved in/);
  expect(text.indexOf("No checkpoint path provided.")).toBeLessThan(text.indexOf("Parsing config"));
  expect(text).toMatch(/ParallelismArgs\(dp=32,\n\S+ \S+ \S+ +pp=1,/);
});

test("memory is told around the batches of the first five steps, before the step itself", () => {
  const told = own(plain).filter((line) => /train_batch_iter|: iteration: /.test(line));
  const words = told.map((line) => /Before|After|iteration/.exec(line)?.[0]);
  const first = Array.from({ length: 5 }, () => ["Before", "After", "iteration"]).flat();
  expect(words.slice(0, 16)).toEqual([...first, "iteration"]);
  const held = Number(/\]: {2}Memory usage: ([\d.]+)MiB/.exec(plain.join("\n"))?.[1]);
  // Weights in two bytes, gradients in four.
  expect(held).toBeGreaterThan((1.1e9 * 6) / 2 ** 20);
});

function lines(news: readonly object[]): string[] {
  const dialect = openDialect("nanotron");
  return news.flatMap((one, seq) => dialect.lines({ ...one, seq } as RunEvent));
}

/** Without those of the launcher and of NCCL. */
function own(all: readonly string[]): string[] {
  return all.filter((line) => /^\[default\d\]:\d\d\/\d\d /.test(line));
}
