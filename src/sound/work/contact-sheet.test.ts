import { expect, test } from "vitest";
import { sine } from "../../../test/support/tones.ts";
import { contactSheet } from "./contact-sheet.ts";

const toneAt = (level: number) => {
  const samples = sine({ hz: 1000, rateHz: 48_000, length: 12_000 });
  return { sampleRate: 48_000, channels: [samples.map((sample) => level * sample)] };
};

/** The brightest sum of red, green and blue in each half of a sheet. */
function brightest({ width, height, pixels }: ReturnType<typeof contactSheet>): number[] {
  const most = [0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = 3 * (y * width + x);
      const sum = (pixels[at] ?? 0) + (pixels[at + 1] ?? 0) + (pixels[at + 2] ?? 0);
      const half = x < width / 2 ? 0 : 1;
      most[half] = Math.max(most[half] ?? 0, sum);
    }
  }
  return most;
}

test("contactSheet() shows each sound beside its own loudest, or all beside the loudest of all", () => {
  const sounds = [toneAt(0.5), toneAt(0.005)];
  const [loud = 0, quiet = 0] = brightest(contactSheet(sounds));
  expect(loud).toBe(quiet);
  const [white = 0, dim = 0] = brightest(contactSheet(sounds, { columns: 2, loudest: "all" }));
  expect(white).toBe(loud);
  expect(dim).toBeLessThan(white);
  expect(dim).toBeGreaterThan(0);
});

test("contactSheet() fills rows from the left, four sounds in each", () => {
  const one = contactSheet([toneAt(0.5)]);
  const five = contactSheet(Array.from({ length: 5 }, () => toneAt(0.5)));
  expect([five.width, five.height]).toEqual([4 * (one.width - 6) + 6, 2 * (one.height - 6) + 6]);
  expect(five.pixels).toHaveLength(3 * five.width * five.height);
});
