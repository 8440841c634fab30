import { describe, expect, test } from "vitest";
import type { Preset } from "../library/preset.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import {
  morphed,
  type PresetRequest,
  requestOfPreset,
  requirePresetFit,
  scalesOf,
} from "./preset-request.ts";

const base = { version: 1, sampleRate: 48_000, quality: "normal" } as const;

describe("morphed()", () => {
  const from: PresetRequest = {
    ...base,
    ...{ seed: 1, mode: "walk", density: 1, evolution: 0.2, length: 48_000 },
    ...({
      controls: { brightness: 10, attack: -4 },
      space: { kind: "stereo", width: 1 },
    } as object),
  };
  const to: PresetRequest = {
    ...base,
    ...{ seed: 2, mode: "sustain", density: 4, evolution: 0.6, length: 96_001 },
    ...({
      controls: { brightness: 0, body: 3 },
      space: { kind: "stereo", width: 0, depth: 1 },
    } as object),
  };

  test("is the one or the other at the ends, to the bit", () => {
    expect(morphed(from, to, 0)).toBe(from);
    expect(morphed(from, to, 1)).toBe(to);
  });

  test("mixes numbers, rounds positions, and takes the rest from the nearer one", () => {
    expect(morphed(from, to, 0.25)).toEqual({
      ...base,
      ...{ seed: 1, mode: "walk", length: 60_000 },
      density: expect.closeTo(Math.SQRT2, 9),
      evolution: expect.closeTo(0.3, 9),
      controls: { brightness: 8, attack: -3, body: 1 },
      space: { kind: "stereo", width: 0.75 },
    });
    expect(morphed(from, to, 0.5)).toMatchObject({ seed: 2, mode: "sustain", density: 2 });
    expect(morphed(from, to, 0.75)).toMatchObject({ space: { width: 0.25, depth: 1 } });
  });
});

const preset: Preset = {
  format: "etude-preset",
  version: 1,
  id: "0".repeat(12),
  name: "dark",
  description: "",
  createdWallMs: 0,
  changedWallMs: 0,
  model: { name: "tiny", sha256: "0".repeat(64) },
  scales: { brightness: { unit: "octaves", step: 0.1 } },
  request: { ...base, controls: { brightness: -3, body: 0 } },
};

function analysis(...controls: { name: string; unit: string; step: number }[]): ModelAnalysis {
  return { controls, characters: [] } as unknown as ModelAnalysis;
}

const brightness = { name: "brightness", unit: "octaves", step: 0.1 };

describe("a preset", () => {
  test("fits as long as its controls mean the same", () => {
    expect(scalesOf(preset.request, analysis(brightness))).toEqual(preset.scales);
    expect(() => requirePresetFit(preset, analysis(brightness))).not.toThrow();
  });

  test.each([
    { now: undefined, says: 'it sets "brightness", and the model offers no controls' },
    {
      now: analysis({ ...brightness, name: "body" }),
      says: 'it sets "brightness", and the model offers body',
    },
    {
      now: analysis({ ...brightness, step: 0.2 }),
      says: 'one position of "brightness" is 0.2 octaves since the model was analysed again, it was 0.1 octaves',
    },
  ])("is refused with the reason: $says", ({ now, says }) => {
    expect(() => requirePresetFit(preset, now)).toThrow(`Cannot use the preset "dark": ${says}`);
  });

  test("that sets a character fits as long as that is the same direction", () => {
    const withCharacter = (direction: readonly number[]) =>
      ({
        controls: [],
        characters: [{ name: "character-a", unit: "deviations", step: 0.1, direction }],
      }) as unknown as ModelAnalysis;
    const direction = Array.from({ length: 96 }, (_, i) => Math.sin(i * i));
    const request = { ...base, controls: { "character-a": 4 } };
    const own = { ...preset, request, scales: scalesOf(request, withCharacter(direction)) };
    const nearly = direction.map((value, i) => value + 0.05 * Math.cos(i));
    expect(() => requirePresetFit(own, withCharacter(nearly))).not.toThrow();
    for (const other of [direction.map((value) => -value), direction.toReversed()]) {
      expect(() => requirePresetFit(own, withCharacter(other))).toThrow(
        '"character-a" is another direction since the model was analysed again',
      );
    }
    const older = { ...own, scales: { "character-a": { unit: "deviations", step: 0.1 } } };
    expect(() => requirePresetFit(older, withCharacter(nearly))).not.toThrow();
  });

  test("may leave its seed open, and nothing else that a sound needs", () => {
    expect(requestOfPreset(preset)).not.toHaveProperty("seed");
    expect(requestOfPreset({ ...preset, request: { ...base, seed: 3 } }).seed).toBe(3);
    const broken = { ...preset, request: { seed: 3 } };
    expect(() => requestOfPreset(broken)).toThrow('Cannot use the preset "dark": version');
  });
});
