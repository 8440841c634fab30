import { describe, expect, test } from "vitest";
import { manifestOf } from "../../../test/support/library-models.ts";
import { modelsMeant, selectModels } from "./find-model.ts";

const models = [
  manifestOf(0xaaaa11110000, { name: "pad" }),
  manifestOf(0xaaaa22220000, { name: "pad2" }),
  manifestOf(0xbbbb00000000, { name: "Rain 🌧", tags: ["field"] }),
  // A name that looks like the id of another.
  manifestOf(0xcccc00000000, { name: "aaaa" }),
];

describe("modelsMeant()", () => {
  test.each([
    { word: "pad", names: ["pad"] },
    { word: "PAD", names: ["pad"] },
    { word: "pa", names: ["pad", "pad2"] },
    { word: "aaaa22220000", names: ["pad2"] },
    { word: "AAAA22220000", names: ["pad2"] },
    { word: "aaaa2", names: ["pad2"] },
    { word: "aaaa", names: ["aaaa"] },
    { word: "🌧", names: ["Rain 🌧"] },
    { word: "wind", names: [] },
  ])("takes $word for $names", ({ word, names }) => {
    expect(modelsMeant(models, word).map(({ name }) => name)).toEqual(names);
  });
});

describe("selectModels()", () => {
  test.each([
    { query: { words: ["PAD"] }, names: ["pad", "pad2"] },
    { query: { words: ["pad", "2222"] }, names: ["pad2"] },
    { query: { tags: ["field"] }, names: ["Rain 🌧"] },
    { query: { tags: ["fie"] }, names: [] },
    { query: { sort: "name" }, names: ["aaaa", "pad", "pad2", "Rain 🌧"] },
    { query: { sort: "name", reverse: true }, names: ["Rain 🌧", "pad2", "pad", "aaaa"] },
  ] as const)("gives $names for $query", ({ query, names }) => {
    expect(selectModels(models, query).map(({ name }) => name)).toEqual(names);
  });

  test("puts what was not measured behind all others", () => {
    const [first, second] = models as [(typeof models)[0], (typeof models)[0]];
    const measured = { ...second, facts: { ...second.facts, validationLoss: 9 } };
    expect(selectModels([first, measured], { sort: "loss" })[0]?.name).toBe("pad2");
  });
});
