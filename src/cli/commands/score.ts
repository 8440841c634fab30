/** `etude score`: its words. */

export const score = {
  summary: "say how well alerts found what went wrong in simulated runs",
  details:
    "TRUTH is what simulate --truth wrote. ALERTS is recognised by its content: JSON lines or a list of objects with atMs (milliseconds since the run began), at (the same, or a date and time) or time (a date and time, or Unix time) and, if you like, kind, metric, node, gpu, rank, run or seed; CSV with such a header; what Prometheus Alertmanager posts to a webhook or lists (startsAt and labels).\n\nAn alert hits an incident if it starts between the incident's first sign, less the tolerance, and its end, plus the grace, and if what it names of kind, node, gpu and rank is the incident's. It goes to one incident: to the nearest in time and, of several that are going on, to the one that began last. The first alert of an incident is its detection, later ones are repetitions, all others are false alarms.\n\nPrecision is detected / (detected + false alarms), recall is detected / incidents; days are simulated ones.",
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
