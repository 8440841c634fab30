/** Options of every command that plays a run: its speed. */

export const speedFactorOption = {
  type: "number",
  value: "F",
  short: "s",
  min: 0.01,
  // The largest number there is.
  max: 1.7976931348623157e308,
  default: 1,
  group: "Pace",
  description: "divide every pause by this; an asciicast is timed by it too",
} as const;
