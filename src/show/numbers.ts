/**
 * Numbers as text for people, with their units.
 *
 * The only place where a number becomes text: the console, the studio and the
 * tables say the same thing in the same way. Every separator is one column wide,
 * so `asciiText` can replace it without moving anything.
 */

/** Narrow and unbreakable: groups digits, and stands between a number and its unit. */
const THIN_SPACE = "\u202f";

/** What stands for a number that is missing or not finite. */
const NO_NUMBER = "–";

/** 1234567 -> "1 234 567"; rounded to a whole number. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return NO_NUMBER;
  // A plain number of more than 21 digits would be written as a power of ten.
  const digits = String(BigInt(Math.abs(Math.round(count))));
  const grouped = digits.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  return count <= -0.5 ? `-${grouped}` : grouped;
}

/** "1 file", "2 files"; the plural may be given where an "s" does not make it. */
export function formatQuantity(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${Math.round(count) === 1 ? one : many}`;
}

/**
 * A length of time in its two biggest units: "0.4 s", "9.5 s", "12 s", "1 min 12 s", "2 h 05 min",
 * "3 d 04 h". Rounded before it is split, so 59.99 s is "1 min 00 s" and never "60 s".
 */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return NO_NUMBER;
  if (milliseconds < 9950) return withUnit((milliseconds / 1000).toFixed(1), "s");
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return withUnit(String(seconds), "s");
  if (seconds < 3600) return pair([Math.floor(seconds / 60), "min"], [seconds % 60, "s"]);
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return pair([Math.floor(minutes / 60), "h"], [minutes % 60, "min"]);
  const hours = Math.round(minutes / 60);
  return pair([Math.floor(hours / 24), "d"], [hours % 24, "h"]);
}

/** As `formatDuration`, but in milliseconds below a second: one-shots are short. */
export function formatSoundLength(durationSeconds: number): string {
  const milliseconds = durationSeconds * 1000;
  return milliseconds < 999.5 ? `${formatNumber(milliseconds)} ms` : formatDuration(milliseconds);
}

/** The same in whole seconds, for a time that counts up or down: "5 s", "1 min 12 s". */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds >= 0 && seconds < 10
    ? withUnit(String(seconds), "s")
    : formatDuration(seconds * 1000);
}

/** A moment of a run as a clock shows it, whole seconds: "0:45", "12:07", "1:02:03". */
export function formatClock(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return NO_NUMBER;
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const tail = twoDigits(seconds % 60);
  return hours > 0
    ? `${formatCount(hours)}:${twoDigits(minutes % 60)}:${tail}`
    : `${minutes}:${tail}`;
}

const CLOCK_HOURS_MAX = 100;

/**
 * A length of time where there is little room: by the clock, and from 100 hours on in days and
 * hours: "12:07", "99:59:59", "4 d 04 h".
 */
export function formatBriefDuration(milliseconds: number): string {
  const isLong = milliseconds >= CLOCK_HOURS_MAX * 3_600_000;
  return (isLong ? formatDuration : formatClock)(milliseconds);
}

/** Decimal units, as disks are sold and shown: "512 B", "1.2 kB", "34 MB", "1.5 GB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return NO_NUMBER;
  const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
  let power = 0;
  let value = bytes;
  while (power < units.length - 1 && Number(roundedTo(value, power)) >= 1000) {
    value /= 1000;
    power += 1;
  }
  return withUnit(roundedTo(value, power), units[power] ?? "EB");
}

/**
 * The same, from a gigabyte on with one decimal and in gigabytes however many they are, so that
 * parts add up to their whole as they are shown: "16.3 GB", "1 625.0 GB".
 */
export function formatGigabytes(bytes: number): string {
  if (!(bytes >= 1e9 && Number.isFinite(bytes))) return formatBytes(bytes);
  const tenths = Math.round(bytes / 1e8);
  return withUnit(`${formatCount(Math.floor(tenths / 10))}.${tenths % 10}`, "GB");
}

/**
 * A loss in at most eight columns, with four digits that mean something:
 * "0.4213", "12.34", "1234", "2.1e-5", "1.2e+9".
 */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return NO_NUMBER;
  const size = Math.abs(loss);
  if (size === 0) return "0.0000";
  if (size < 0.001 || size >= 99_999.5) return loss.toExponential(1);
  if (size < 0.99995) return loss.toFixed(4);
  return loss.toFixed(Math.max(0, 4 - wholeDigits(Number(size.toPrecision(4)))));
}

/** With at most three significant digits and no trailing zeros: 0.0003, 12.3, 850, "1.2e-7". */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return NO_NUMBER;
  const rounded = Number(value.toPrecision(3));
  if (rounded === 0) return "0";
  const size = Math.abs(rounded);
  if (size < 1e-4 || size >= 1e9) return rounded.toExponential().replace("e+", "e");
  return size >= 1000 ? formatCount(rounded) : String(rounded);
}

/** How often something happens: "12.3 steps/s", or "4.1 s a step" where it is slower than that. */
export function formatRate(perSecond: number, one: string): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return NO_NUMBER;
  if (perSecond < 0.95) return `${formatDuration(1000 / perSecond)} a ${one}`;
  return `${formatNumber(perSecond)} ${one}s/s`;
}

/** A share from 0 to 1: "7 %", "0.4 %"; shares below 1 % keep one digit. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return NO_NUMBER;
  const percent = share * 100;
  const small = Math.abs(percent) < 0.95 && Math.abs(percent) >= 0.05;
  return withUnit(small ? percent.toFixed(1) : formatCount(percent), "%");
}

/** How much of a whole is done: never "100 %" before all of it is. */
export function formatProgress(done: number, total: number): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  return withUnit(String(Math.floor(share * 100)), "%");
}

/** With so many decimals, as columns of a log have it: "2.3140". */
export function formatFixed(value: number, decimals: number): string {
  return Number.isFinite(value) ? value.toFixed(decimals) : NO_NUMBER;
}

/** With two decimals and a power of ten: "3.00e-4". */
export function formatScientific(value: number): string {
  return Number.isFinite(value) ? value.toExponential(2) : NO_NUMBER;
}

/** With three digits and a letter for the thousands: "950", "2.40M", "15.6T"; from there "1 000P". */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return NO_NUMBER;
  const letters = ["", "K", "M", "B", "T", "P"];
  let power = 0;
  let size = value;
  while (power < letters.length - 1 && Number(size.toPrecision(3)) >= 1000) {
    size /= 1000;
    power += 1;
  }
  if (power === 0) return formatNumber(size);
  const digits = Number(size.toPrecision(3)) >= 1000 ? formatCount(size) : size.toPrecision(3);
  return `${digits}${letters[power] ?? ""}`;
}

/** Watts: "632 W", "5.1 kW", "14.7 MW". */
export function formatWatts(watts: number): string {
  if (!Number.isFinite(watts) || watts < 0) return NO_NUMBER;
  if (watts < 1000) return withUnit(String(Math.round(watts)), "W");
  if (watts < 999_950) return withUnit((watts / 1000).toFixed(1), "kW");
  return withUnit((watts / 1e6).toFixed(1), "MW");
}

/** Joules as people pay for them: "12 kWh", "1.2 MWh", "1 234 MWh". */
export function formatEnergy(joules: number): string {
  if (!Number.isFinite(joules) || joules < 0) return NO_NUMBER;
  const kilowattHours = joules / 3.6e6;
  if (kilowattHours < 999.5) return withUnit(formatNumber(kilowattHours), "kWh");
  const megawattHours = kilowattHours / 1000;
  return withUnit(
    megawattHours < 99.95 ? megawattHours.toFixed(1) : formatCount(megawattHours),
    "MWh",
  );
}

/** "5m 3s", "1h 2m 3s": hours, minutes and seconds, none of them left out but leading hours. */
export function formatHours(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return NO_NUMBER;
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const tail = `${minutes % 60}m ${seconds % 60}s`;
  return hours > 0 ? `${hours}h ${tail}` : tail;
}

/** A moment in UTC, "2026-11-02 21:00:05". @param wallMs Milliseconds since 1970. */
export function formatMoment(wallMs: number): string {
  if (!Number.isFinite(wallMs)) return NO_NUMBER;
  const seconds = Math.floor(wallMs / 1000);
  const days = Math.floor(seconds / 86_400);
  const { year, month, day } = civilDate(days);
  const rest = seconds - days * 86_400;
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
  return `${year}-${twoDigits(month)}-${twoDigits(day)} ${clock.map(twoDigits).join(":")}`;
}

/** The same text for a terminal or a file that has only ASCII; as many columns. */
export function asciiText(text: string): string {
  return plainSpaces(text)
    .replaceAll(NO_NUMBER, "-")
    .replaceAll("·", "-")
    .replaceAll("…", "~")
    .replaceAll("×", "x");
}

/** The same text with spaces that a person can type, for whoever searches it. */
export function plainSpaces(text: string): string {
  return text.replaceAll(THIN_SPACE, " ");
}

function withUnit(number: string, unit: string): string {
  return `${number}${THIN_SPACE}${unit}`;
}

function pair([first, firstUnit]: [number, string], [second, secondUnit]: [number, string]) {
  return `${withUnit(formatCount(first), firstUnit)} ${withUnit(twoDigits(second), secondUnit)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function roundedTo(value: number, power: number): string {
  return power > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

function wholeDigits(size: number): number {
  return Math.floor(Math.log10(size)) + 1;
}

/** Days since 1970 -> date (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear =
    ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}
