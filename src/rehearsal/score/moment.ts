/** Parses timestamps strictly, without the engine's lenient date parser. */

/** Above this a number of Unix time is in milliseconds: as seconds it would be the year 5138. */
const SECONDS_MAX = 1e11;

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Milliseconds since 1970 of an ISO 8601 date and time, in UTC where it names no zone, or of Unix
 * time in seconds or milliseconds; undefined for anything else.
 */
export function readMoment(value: unknown): number | undefined {
  if (typeof value === "number") return unixMs(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return unixMs(Number(text));
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const isTime = hour < 24 && minute < 60 && second < 61;
  if (!isTime || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const seconds = ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  const fraction = Number(`0.${parts[7] ?? "0"}`);
  return Math.round((seconds + fraction) * 1000) - zoneMs(parts[8]);
}

function unixMs(value: number): number | undefined {
  if (!Number.isFinite(value) || value < 0) return undefined;
  return Math.round(value > SECONDS_MAX ? value : value * 1000);
}

/** "+02:00" -> 7200000 */
function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** Years are counted from March here, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 719_469;
}
