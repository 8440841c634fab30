import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf, DEFAULT_REQUEST, PARAMETER_NAMES, readAddress } from "./address.ts";

describe("readAddress()", () => {
  test.each([
    "?speed-factor=20&instant-print-lines=5&module=llm_training&seed=9",
    "?instant-print-lines=5&speed-factor=20&seed=9&module=llm_training",
    "seed=9&module=llm_training&instant-print-lines=5&speed-factor=20",
  ])("reads the parameters in any order: %s", (query) => {
    expect(readAddress(query)).toEqual({
      request: {
        ...DEFAULT_REQUEST,
        speedFactor: 20,
        instantPrintLines: 5,
        modules: ["llm_training"],
        seed: 9,
      },
      problems: [],
    });
  });

  test("reads each of the parameters alone", () => {
    expect(readAddress("?instant-print-lines=3").request.instantPrintLines).toBe(3);
    expect(readAddress("?speed-factor=0.01").request.speedFactor).toBe(0.01);
  });

  test("reads modules and incidents as often as they are given", () => {
    const { request, problems } = readAddress(
      "?module=llm_training&incident=loss-spike@20&module=llm_pretraining&incident=loss-spike%4030",
    );
    expect(problems).toEqual([]);
    expect(request.modules).toEqual(["llm_training", "llm_pretraining"]);
    expect(request.incident).toEqual(["loss-spike@20", "loss-spike@30"]);
  });

  test.each(["", "?", "?module=&seed=&model=&incident="])("takes the defaults for %j", (query) => {
    expect(readAddress(query)).toEqual({ request: DEFAULT_REQUEST, problems: [] });
  });

  test.each([
    { query: "?speed-factor=NaN", parameter: "speed-factor", says: /0\.01/ },
    { query: "?speed-factor=0", parameter: "speed-factor", says: /0\.01/ },
    { query: "?speed-factor=Infinity", parameter: "speed-factor", says: /0\.01/ },
    { query: "?instant-print-lines=-1", parameter: "instant-print-lines", says: /from 0/ },
    { query: "?instant-print-lines=1.5", parameter: "instant-print-lines", says: /whole/ },
    { query: "?module=llm_trainin", parameter: "module", says: /llm_pretraining, llm_training/ },
    { query: "?dialect=megatrom", parameter: "dialect", says: /megatron/ },
    { query: "?model=GPT-5", parameter: "model", says: /need one of/ },
    { query: "?gpus=H100", parameter: "gpus", says: /NAME:COUNT/ },
    { query: "?gpus=H1000:8", parameter: "gpus", says: /H100, / },
    { query: "?tokens=many", parameter: "tokens", says: /whole number from 1/ },
    { query: "?incident=boom@3", parameter: "incident", says: /loss-spike/ },
    { query: "?seed=1&seed=2", parameter: "seed", says: /once/ },
    { query: "?funny=maybe", parameter: "funny", says: /yes, no/ },
    { query: "?modul=llm_training", parameter: "modul", says: /module, speed-factor/ },
    { query: "?module=llm_training&incident=nccl-hang@9", parameter: "module", says: /nccl-hang/ },
  ])("says what is wrong with $query, and what there is", ({ query, parameter, says }) => {
    const { problems } = readAddress(query);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ parameter, message: expect.stringMatching(says) });
    expect(problems[0]?.hint).not.toBe("");
    // Whoever has an address in hand knows no command line.
    expect(JSON.stringify(problems)).not.toMatch(/ --\w/);
  });

  test("collects everything that is wrong, and keeps what is right", () => {
    const { request, problems } = readAddress("?speed-factor=nan&colour=red&seed=4&module=x");
    expect(problems.map(({ parameter }) => parameter)).toEqual([
      "speed-factor",
      "colour",
      "module",
    ]);
    expect(request).toEqual({ ...DEFAULT_REQUEST, seed: 4 });
  });

  test("proposes the name that is nearly written", () => {
    expect(readAddress("?speed-facto=2").problems[0]?.hint).toContain('"speed-factor"');
  });

  test("never throws, whatever stands in the address", () => {
    const name = fc.oneof(fc.constantFrom(...PARAMETER_NAMES), fc.string());
    const pair = fc.tuple(name, fc.oneof(fc.string(), fc.double().map(String)));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
        const query = new URLSearchParams(pairs).toString();
        expect(readAddress(query).request).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe("addressOf()", () => {
  test("says nothing of what is as by default", () => {
    expect(addressOf(DEFAULT_REQUEST)).toBe("");
  });

  test("leaves what may stand in an address readable", () => {
    const query = addressOf({ ...DEFAULT_REQUEST, gpus: "H100:64", incident: ["loss-spike@9"] });
    expect(query).toBe("?gpus=H100:64&incident=loss-spike@9");
  });

  test("gives an address that is read as the same request", () => {
    const request = fc.record({
      modules: fc.constantFrom([], ["llm_pretraining"] as const),
      speedFactor: fc.double({ min: 0.01, max: 1e12, noNaN: true }),
      instantPrintLines: fc.nat(1000),
      seed: fc.option(fc.nat(2 ** 31), { nil: undefined }),
      dialect: fc.constantFrom("etude" as const, "megatron" as const, "torchtitan" as const),
      model: fc.constantFrom(undefined, "Llama-3.1-8B"),
      gpus: fc.constantFrom(undefined, "H100:64", "H100 500W:8"),
      tokens: fc.constantFrom(undefined, "15T", "3e+11"),
      incident: fc.constantFrom([], ["loss-spike@9"], ["loss-spike@9", "straggler@20"]),
      chance: fc.boolean(),
      batchRamp: fc.boolean(),
      funny: fc.boolean(),
    });
    fc.assert(
      fc.property(request, (asked) => {
        expect(readAddress(addressOf(asked))).toEqual({ request: asked, problems: [] });
      }),
    );
  });
});
