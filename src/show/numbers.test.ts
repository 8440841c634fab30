import fc from "fast-check";
import { expect, test } from "vitest";
import {
  asciiText,
  formatBriefDuration,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatGigabytes,
  formatLoss,
  formatNumber,
  formatPercent,
  formatProgress,
  formatQuantity,
  formatRate,
  formatSeconds,
  formatShort,
} from "./numbers.ts";

const cases: [name: string, format: (value: number) => string, table: [number, string][]][] = [
  [
    "formatCount",
    formatCount,
    [
      [0, "0"],
      [999, "999"],
      [1000, "1 000"],
      [1234567.4, "1 234 567"],
      [-1234, "-1 234"],
      [-0.2, "0"],
      [Number.NaN, "-"],
    ],
  ],
  [
    "formatDuration",
    formatDuration,
    [
      [0, "0.0 s"],
      [400, "0.4 s"],
      [9949, "9.9 s"],
      [9950, "10 s"],
      [59_400, "59 s"],
      [59_990, "1 min 00 s"],
      [72_000, "1 min 12 s"],
      [3_599_900, "1 h 00 min"],
      [7_500_000, "2 h 05 min"],
      [86_399_000, "1 d 00 h"],
      [273_600_000, "3 d 04 h"],
      [-1, "-"],
      [Number.POSITIVE_INFINITY, "-"],
    ],
  ],
  [
    "formatSeconds",
    formatSeconds,
    [
      [0, "0 s"],
      [9999, "9 s"],
      [10_900, "10 s"],
      [72_900, "1 min 12 s"],
      [-5, "-"],
      [Number.NaN, "-"],
    ],
  ],
  [
    "formatClock",
    formatClock,
    [
      [0, "0:00"],
      [45_999, "0:45"],
      [727_000, "12:07"],
      [3_723_000, "1:02:03"],
    ],
  ],
  [
    "formatBriefDuration",
    formatBriefDuration,
    [
      [45_999, "0:45"],
      [3_723_000, "1:02:03"],
      [359_999_999, "99:59:59"],
      [360_000_000, "4 d 04 h"],
      [37_410_471_000, "433 d 00 h"],
      [-1, "-"],
      [Number.NaN, "-"],
      [Number.POSITIVE_INFINITY, "-"],
    ],
  ],
  [
    "formatBytes",
    formatBytes,
    [
      [0, "0 B"],
      [999, "999 B"],
      [1000, "1.0 kB"],
      [1234, "1.2 kB"],
      [9960, "10 kB"],
      [999_600, "1.0 MB"],
      [34_000_000, "34 MB"],
      [1.5e9, "1.5 GB"],
    ],
  ],
  [
    "formatGigabytes",
    formatGigabytes,
    [
      [842, "842 B"],
      [999_600_000, "1.0 GB"],
      [16.04e9, "16.0 GB"],
      [130.6e9, "130.6 GB"],
      [1_999.96e9, "2 000.0 GB"],
      [-5, "-"],
      [Number.POSITIVE_INFINITY, "-"],
    ],
  ],
  [
    "formatLoss",
    formatLoss,
    [
      [0, "0.0000"],
      [0.42134, "0.4213"],
      [0.99996, "1.000"],
      [9.9999, "10.00"],
      [12.345, "12.35"],
      [123.44, "123.4"],
      [1234.4, "1234"],
      [123456, "1.2e+5"],
      [0.0000213, "2.1e-5"],
      [-0.5, "-0.5000"],
      [Number.NaN, "-"],
    ],
  ],
  [
    "formatNumber",
    formatNumber,
    [
      [0, "0"],
      [0.0003, "0.0003"],
      [0.00031449, "0.000314"],
      [12.34, "12.3"],
      [850, "850"],
      [12345, "12 300"],
      [1.2e-7, "1.2e-7"],
      [3e12, "3e12"],
    ],
  ],
  [
    "formatPercent",
    formatPercent,
    [
      [0.07, "7 %"],
      [0.004, "0.4 %"],
      [0, "0 %"],
      [1, "100 %"],
      [-0.12, "-12 %"],
      [25, "2 500 %"],
    ],
  ],
  [
    "formatRate of steps",
    (value) => formatRate(value, "step"),
    [
      [12.34, "12.3 steps/s"],
      [0.25, "4.0 s a step"],
      [0, "-"],
    ],
  ],
  [
    "formatQuantity of files",
    (value) => formatQuantity(value, "file"),
    [
      [0, "0 files"],
      [1, "1 file"],
      [1200, "1 200 files"],
    ],
  ],
];

test.each(cases)("%s() says numbers as people do", (_, format, table) => {
  expect(table.map(([value]) => asciiText(format(value)))).toEqual(table.map(([, text]) => text));
});

test.each([
  [0, 10, "0 %"],
  [999, 1000, "99 %"],
  [1000, 1000, "100 %"],
  [5, 0, "0 %"],
  [12, 10, "100 %"],
])("formatProgress() of %d in %d is %s", (done, total, text) => {
  expect(asciiText(formatProgress(done, total))).toBe(text);
});

test("formatLoss() needs at most eight columns for any loss that training can meet", () => {
  const loss = fc.double({ min: -1e99, max: 1e99 }).filter((x) => x === 0 || Math.abs(x) > 1e-99);
  fc.assert(fc.property(loss, (value) => formatLoss(value).length <= 8));
});

test("formatLoss() is right to within half of its last digit", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 9e4, noNaN: true }), (loss) => {
      const digits = loss < 0.99995 ? 0.00005 : loss * 0.0005;
      expect(Math.abs(Number(formatLoss(loss)) - loss)).toBeLessThanOrEqual(digits * 1.0001);
    }),
  );
});

test("no number of things is told as a power of ten, however large", () => {
  expect(asciiText(formatShort(1e18))).toBe("1 000P");
  expect(asciiText(formatShort(1.23e15))).toBe("1.23P");
  fc.assert(
    fc.property(fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }), (count) => {
      for (const format of [formatShort, formatCount]) expect(format(count)).not.toMatch(/e/i);
    }),
  );
});

test("no text holds anything beyond ASCII once asciiText() has seen it", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      for (const [, format] of cases) expect(asciiText(format(value))).toMatch(/^[ -~]*$/);
    }),
  );
});
