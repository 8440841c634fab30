/** `etude score`: arguments, options and help. */

export const score = {
  summary: "measure how well alerts detected the incidents of simulated runs",
  details:
    "TRUTH is the file of simulate --truth. ALERTS is recognised by content: JSON lines or a list of objects with atMs (milliseconds since the run began), at (the same, or a date and time) or time (a date and time, or Unix time) and optionally kind, metric, node, gpu, rank, run or seed; CSV with such a header; webhook bodies or lists of Prometheus Alertmanager (startsAt and labels).\n\nAn alert matches an incident if it starts between the incident's first sign, minus the tolerance, and its end, plus the grace period, and if the kind, node, gpu and rank that it names are those of the incident. It is assigned to one incident: the nearest in time and, of several ongoing ones, the one that began last. The first alert of an incident is its detection, later ones are repetitions, all others are false alarms.\n\nPrecision is detected / (detected + false alarms), recall is detected / incidents; days are simulated ones.",
  arguments: [
    { name: "alerts", value: "ALERTS", description: 'file of alerts; "-" reads stdin' },
    { name: "truth", value: "TRUTH", description: "file that simulate --truth wrote" },
  ],
  options: {
    tolerance: {
      type: "duration",
      value: "TIME",
      description: "how much earlier than the first sign an alert may start",
      otherwise: "1min",
    },
    grace: {
      type: "duration",
      value: "TIME",
      description: "how much later than the end of an incident an alert may start",
      otherwise: "15min",
    },
  },
  examples: [
    "etude score alerts.jsonl truth.jsonl",
    "etude score alertmanager.json truth.jsonl --grace 5min --json",
  ],
} as const;
