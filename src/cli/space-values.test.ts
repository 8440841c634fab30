import { describe, expect, test } from "vitest";
import { grainsOf, spaceOf } from "./space-values.ts";

describe("spaceOf()", () => {
  test.each([
    [{}, undefined],
    [{ width: 1.2 }, { kind: "stereo", width: 1.2 }],
    [{ depth: 0.3 }, { kind: "stereo", depth: 0.3 }],
    [
      { twoSeeds: true, width: 0.5 },
      { kind: "two-seeds", width: 0.5 },
    ],
    [{ binaural: "90" }, { kind: "binaural", azimuthDegrees: 90, elevationDegrees: 0 }],
    [
      { ambisonic: "-30, 10", move: "360", depth: 1 },
      {
        kind: "ambisonic",
        azimuthDegrees: -30,
        elevationDegrees: 10,
        travel: { azimuthDegrees: 360, elevationDegrees: 0 },
        depth: 1,
      },
    ],
  ])("%j is %j", (values, space) => {
    expect(spaceOf({ twoSeeds: false, ...values })).toEqual(space);
  });

  test.each([
    [{ binaural: "left" }, 'Cannot use --binaural: found "left", need AZIMUTH,ELEVATION'],
    [{ binaural: "90,100" }, 'Cannot use --binaural: found "90,100", need AZIMUTH,ELEVATION'],
    [{ binaural: "1,2,3" }, 'Cannot use --binaural: found "1,2,3", need AZIMUTH,ELEVATION'],
    [{ binaural: "90,NaN" }, 'Cannot use --binaural: found "90,NaN", need AZIMUTH,ELEVATION'],
    [{ move: "90" }, "Cannot use --move: found no place to start from"],
    [{ width: 1, binaural: "0" }, "Cannot use --width and --two-seeds with --binaural: need one"],
    [{ binaural: "0", ambisonic: "0" }, "Cannot use --binaural with --ambisonic: need one"],
  ])("%j is refused in words", (values, message) => {
    expect(() => spaceOf({ twoSeeds: false, ...values })).toThrow(message);
  });
});

test("grainsOf() reads three numbers", () => {
  expect(grainsOf("80,40,0.3")).toEqual({ sizeMs: 80, density: 40, spread: 0.3 });
  expect(grainsOf(undefined)).toBeUndefined();
  expect(() => grainsOf("80,40")).toThrow('found "80,40", need SIZE,DENSITY,SPREAD');
  expect(() => grainsOf("80,,1")).toThrow('found "80,,1", need SIZE,DENSITY,SPREAD');
});
