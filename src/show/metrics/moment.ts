import { formatMoment } from "../numbers.ts";

/** Milliseconds since 1970 -> "2026-11-02T15:12:00.250Z" (ISO 8601, UTC). */
export function isoMoment(wallMs: number): string {
  const milliseconds = String(Math.floor(wallMs) % 1000).padStart(3, "0");
  return `${formatMoment(wallMs).replace(" ", "T")}.${milliseconds}Z`;
}
