import { describe, expect, test } from "vitest";
import { paceAfter, rateOf, STANDING, tqdmBar } from "./bar.ts";
import {
  dayMicros,
  dayMillis,
  general,
  glogMillis,
  grouped,
  humanFormat,
  pythonFloat,
  scientific,
  syslogTime,
  timedelta,
} from "./formats.ts";

/** What Python 3.12 prints for the same values. */
describe("numbers as Python prints them", () => {
  test.each([
    [8.912345, "8.912345E+00"],
    [8e-5, "8.000000E-05"],
    [0, "0.000000E+00"],
    [-1234.5, "-1.234500E+03"],
  ])("'%%.6E' of %s is %s", (value, text) => {
    expect(scientific(value, 6)).toBe(text);
  });

  test.each([
    [2.31415, "2.314"],
    [2.9978e-5, "2.998e-05"],
    [0.1207, "0.1207"],
    [41.2, "41.2"],
    [1, "1"],
    [0, "0"],
    [12345.6, "1.235e+04"],
    [0.0001, "0.0001"],
    [99999, "1e+05"],
    [120, "120"],
  ])("'%%.4g' of %s is %s", (value, text) => {
    expect(general(value, 4)).toBe(text);
  });

  test.each([
    [1e-5, "1e-05"],
    [1.8402508875376674e-7, "1.8402508875376674e-07"],
    [0.0003, "0.0003"],
    [3, "3.0"],
    [0, "0.0"],
  ])("repr(%s) is %s", (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  test.each([
    [236_000_000, "236M"],
    [4_194_304, "4.19M"],
    [999_999, "1M"],
    [439, "439"],
    [0.812, "0.812"],
    [2.4e-5, "2.4e-05"],
    [1.5e12, "1.5T"],
  ])("nanotron shortens %s to %s", (value, text) => {
    expect(humanFormat(value)).toBe(text);
  });

  test("thousands are grouped by commas", () => {
    expect(grouped(8_030_261_248)).toBe("8,030,261,248");
    expect(grouped(32_121.0449, 3)).toBe("32,121.045");
  });
});

test("one moment in the forms of four loggers", () => {
  const at = 1_795_322_225_123_456;
  expect(dayMicros(at)).toBe("2026-11-22 04:37:05.123456");
  expect(dayMillis(at)).toBe("2026-11-22 04:37:05,123");
  expect(glogMillis(at)).toBe("1122 04:37:05.123000");
  expect(syslogTime(at)).toBe("Nov 22 04:37:05");
  expect(syslogTime(at - 20 * 86_400e6)).toBe("Nov  2 04:37:05");
});

test("timedelta() counts days apart", () => {
  expect(timedelta(42.9)).toBe("0:00:42");
  expect(timedelta(86_400 + 3723)).toBe("1 day, 1:02:03");
  expect(timedelta(10 * 86_400 + 13_956)).toBe("10 days, 3:52:36");
});

describe("a bar of tqdm", () => {
  const at = { elapsedMs: 312_000, rate: 1 / 2.6, invert: true };

  test("shows eighths of a column, and seconds where one step takes more than one", () => {
    expect(tqdmBar({ ...at, done: 120, total: 4000 })).toBe(
      "  3%|▎         | 120/4000 [05:12<2:48:08,  2.60s/it]",
    );
    expect(tqdmBar({ ...at, done: 4000, total: 4000, invert: false, postfix: "v_num=3" })).toBe(
      "100%|██████████| 4000/4000 [05:12<00:00,  0.38it/s, v_num=3]",
    );
    expect(tqdmBar({ done: 0, total: 9, elapsedMs: 0, rate: undefined, invert: true })).toBe(
      "  0%|          | 0/9 [00:00<?, ?it/s]",
    );
  });

  test("its rate is even from the first step on, and follows a change", () => {
    const first = paceAfter(STANDING, 1, 2000);
    expect(rateOf(STANDING)).toBeUndefined();
    expect(rateOf(first)).toBeCloseTo(0.5, 9);
    expect(rateOf(paceAfter(first, 1, 2000))).toBeCloseTo(0.5, 9);
    expect(rateOf(paceAfter(first, 1, 500))).toBeCloseTo(0.51 / (0.3 * 0.5 + 0.7 * 0.6), 9);
  });
});
