/** `etude doctor`: arguments, options and help. */

export const doctor = {
  summary: "report what this machine offers, and how to fix each problem",
  details: "Exit code 1 if a problem keeps étude from working here, else 0.",
  arguments: [],
  options: {},
  examples: ["etude doctor", "etude doctor --json"],
  runsWithBrokenConfig: true,
} as const;
