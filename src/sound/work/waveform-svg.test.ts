import { describe, expect, test } from "vitest";
import { waveformOf } from "../audio/waveform.ts";
import { waveformSvg, waveformSvgRoot } from "./waveform-svg.ts";

const click = new Float32Array(1000).fill(0.01);
click[700] = -0.5;

describe("waveformSvg()", () => {
  const picture = { attributes: { "data-a": "1" }, title: 'a<b & "c"\u0000' };

  test("draws a click of one sample from the middle to the edge", () => {
    const svg = waveformSvg(waveformOf([click], 400), picture);
    // Column 280 of 400; the click is the peak, so it reaches the lower edge at 80.
    expect(svg).toMatch(/M280\.5 39\.\dV80M/);
    expect(svg.match(/V80/g)).toHaveLength(1);
  });

  test("begins with its root on a line, and escapes the title", () => {
    const [root, title] = waveformSvg(waveformOf([click], 400), picture).split("\n");
    expect(root).toBe(waveformSvgRoot(picture.attributes));
    expect(title).toBe("<title>a&lt;b &amp; &quot;c&quot;\ufffd</title>");
  });

  test("draws silence as a line and nothing as nothing", () => {
    const silence = waveformSvg(waveformOf([new Float32Array(2)], 400), picture);
    expect(silence).toContain(
      'd="M100 39.5V40.5M300 39.5V40.5" stroke="#2a8c99" stroke-width="200"',
    );
    expect(waveformSvg(waveformOf([], 400), picture)).toContain('d=""');
  });

  test("leaves no gap between columns of a slow wave", () => {
    const wave = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i / 6));
    const path = waveformSvg(waveformOf([wave], 400), picture).match(/ d="([^"]+)"/)?.[1] ?? "";
    const spans = [...path.matchAll(/M\S+ ([-\d.]+)V([-\d.]+)/g)].map(([, top, bottom]) => [
      Number(top),
      Number(bottom),
    ]);
    expect(spans).toHaveLength(40);
    for (const [i, [top = 0, bottom = 0]] of spans.entries()) {
      const [topBefore = 0, bottomBefore = 0] = spans[i - 1] ?? [top, bottom];
      // Coordinates have one decimal.
      expect(Math.max(top, topBefore)).toBeLessThanOrEqual(Math.min(bottom, bottomBefore) + 0.11);
    }
  });
});
