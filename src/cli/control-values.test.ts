import { describe, expect, it } from "vitest";
import { namedLabels, namedPositions } from "./control-values.ts";

describe("namedPositions()", () => {
  it("reads names with positions", () => {
    expect(namedPositions(["brightness:5", "wet stone:-3", "attack=+2"])).toEqual({
      brightness: 5,
      "wet stone": -3,
      attack: 2,
    });
  });

  it.each(["brightness", "brightness:", ":5", "brightness:11", "brightness:1.5", "a:1e1"])(
    "refuses %s",
    (text) => {
      expect(() => namedPositions([text])).toThrow(`Cannot use --control "${text}"`);
    },
  );
});

describe("namedLabels()", () => {
  it("reads labels, with everything after the first sign", () => {
    expect(namedLabels(["character-a=glow = warm"])).toEqual([
      { name: "character-a", label: "glow = warm" },
    ]);
    expect(() => namedLabels(["glow"])).toThrow("need NAME=LABEL");
  });
});
