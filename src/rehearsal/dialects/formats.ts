/**
 * Numbers and times as Python programs print them. These are for lines that other programs parse; numbers for people are in `numbers.ts`.
 */

import { formatMoment } from "../../show/numbers.ts";

/** A moment in microseconds since 1970, UTC. */
export type Micros = number;

/** `%.6E`: 8e-5 -> "8.000000E-05". */
export function scientific(value: number, digits: number): string {
  return twoDigitExponent(value.toExponential(digits)).toUpperCase();
}

/** `%.4g`: four significant digits, no trailing zeros, "2.998e-05" where it is small. */
export function general(value: number, digits: number): string {
  if (value === 0) return "0";
  const exponential = value.toExponential(digits - 1);
  const power = Number(exponential.slice(exponential.indexOf("e") + 1));
  if (power >= -4 && power < digits) {
    const fixed = value.toFixed(Math.max(0, digits - 1 - power));
    return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
  }
  return twoDigitExponent(exponential.replace(/\.?0+e/, "e"));
}

/** `repr`: the shortest text that reads back as the same number, "1e-05", "3.0". */
export function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return twoDigitExponent(value.toExponential());
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** `{:,}`: 8030261248 -> "8,030,261,248". */
export function grouped(value: number, decimals = 0): string {
  const [whole = "", ...rest] = value.toFixed(decimals).split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
}

/** Three digits and a letter, as nanotron shortens: 4194304 -> "4.19M", 0.00003 -> "3e-05". */
export function humanFormat(value: number): string {
  if (Math.abs(value) < 1) return general(value, 3);
  let size = Number(value.toPrecision(3));
  let letter = 0;
  const letters = ["", "K", "M", "B", "T", "P", "E"];
  while (Math.abs(size) >= 1000 && letter < letters.length - 1) {
    size /= 1000;
    letter += 1;
  }
  return `${String(Number(size.toPrecision(3)))}${letters[letter] ?? ""}`;
}

/** Right-aligned to a width, as `{:8d}`. */
export function wide(value: number | string, width: number): string {
  return String(value).padStart(width);
}

/** "2026-11-22 04:37:05" */
export function day(at: Micros): string {
  return formatMoment(Math.floor(at / 1000));
}

/** "2026-11-22 04:37:05.123456" */
export function dayMicros(at: Micros): string {
  return `${day(at)}.${zeros(at % 1_000_000, 6)}`;
}

/** "2026-11-22 04:37:05,123", as Python's logging writes it. */
export function dayMillis(at: Micros): string {
  return `${day(at)},${zeros(Math.floor((at % 1_000_000) / 1000), 3)}`;
}

/** "1122 04:37:05.123000", as torch's own logger writes it. */
export function glogMillis(at: Micros): string {
  return `${monthDay(at, "")}.${zeros(Math.floor((at % 1_000_000) / 1000), 3)}000`;
}

/** "1122 04:37:05.123456789", as the C++ parts of torch write it. @param nanos 0 to 999 */
export function glogNanos(at: Micros, nanos: number): string {
  return `${monthDay(at, "")}.${zeros(at % 1_000_000, 6)}${zeros(nanos, 3)}`;
}

/** "11/22 04:37:05" with "/" between, "1122 04:37:05" without. */
export function monthDay(at: Micros, between: string): string {
  const text = day(at);
  return `${text.slice(5, 7)}${between}${text.slice(8, 10)} ${text.slice(11)}`;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** "Nov 22 04:37:05", as syslog writes it; the day padded with a blank. */
export function syslogTime(at: Micros): string {
  const text = day(at);
  const month = MONTHS[Number(text.slice(5, 7)) - 1] ?? "";
  return `${month} ${wide(Number(text.slice(8, 10)), 2)} ${text.slice(11)}`;
}

/** `str(timedelta)`: "10 days, 3:52:36", "0:00:42". */
export function timedelta(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86_400);
  const rest = whole % 86_400;
  const clock = `${Math.floor(rest / 3600)}:${zeros(Math.floor(rest / 60) % 60, 2)}:${zeros(rest % 60, 2)}`;
  if (days === 0) return clock;
  return `${days} day${days === 1 ? "" : "s"}, ${clock}`;
}

export function zeros(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** "Llama 3 BPE" -> "llama-3-bpe" */
export function fileName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.]+/g, "-");
}
