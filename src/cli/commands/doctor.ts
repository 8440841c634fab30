/** `etude doctor`: its words. */

export const doctor = {
  summary: "say what this machine offers, and what to do about each problem",
  details: "Ends with 1 where something keeps étude from working here, else with 0.",
  arguments: [],
  options: {},
  examples: ["etude doctor", "etude doctor --json"],
  runsWithBrokenConfig: true,
} as const;
