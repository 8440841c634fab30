import { describe, expect, it } from "vitest";
import { stationsOf } from "../../audio/descriptors/timing.ts";
import { rowsAt, timeMapOf } from "./time-map.ts";

/** 10 silent moments, 10 of rise, 40 held, 30 of fall by 60 dB, 10 silent. */
const course = Float64Array.from({ length: 100 }, (_, i) => {
  if (i < 10) return -80;
  if (i < 20) return -30 + 3 * (i - 10);
  if (i < 60) return 0;
  return i < 90 ? -2 * (i - 60) : -80;
});
const hold = { decay: 0, length: 0 };

function lengthsAfter(move: Partial<typeof hold>) {
  const map = timeMapOf(course, { ...hold, ...move });
  const at = stationsOf(Float64Array.from(rowsAt(Float32Array.from(course), map, 1)));
  return { attack: at.peak - at.foot, decay: at.fallen - at.held, length: at.end - at.start };
}

const before = lengthsAfter({});

describe("timeMapOf()", () => {
  it("is the identity where nothing moves", () => {
    expect([...timeMapOf(course, hold).places]).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it.each(["decay", "length"] as const)("doubles and halves the %s alone", (name) => {
    for (const by of [1, -0.5]) {
      const after = lengthsAfter({ [name]: by });
      for (const other of ["attack", "decay", "length"] as const) {
        const octaves = Math.log2(after[other] / before[other]);
        expect(Math.abs(octaves - (other === name ? by : 0)), `${other} ${by}`).toBeLessThan(0.35);
      }
    }
  });

  it("maps a single moment to itself or to several", () => {
    const one = timeMapOf(Float64Array.of(0), { ...hold, length: 1 });
    expect(one.length).toBeGreaterThan(0);
    expect(one.places.every((place) => place >= 0 && place <= 1)).toBe(true);
  });

  it("goes forward only", () => {
    const { places } = timeMapOf(course, { decay: -1, length: 1 });
    expect(places.every((place, i) => i === 0 || place > places[i - 1]!)).toBe(true);
  });
});
