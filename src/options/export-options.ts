/** Options of every command that shows a run: exports and metrics. */

export const exportOption = {
  type: "text",
  value: "FORMAT=PATH",
  suggestions: { from: "export-formats", joint: "=", rest: "path" },
  repeatable: true,
  group: "Export",
  description:
    "also write the run to PATH, as asciicast, csv, jsonl, openmetrics, otlp or tensorboard",
} as const;

export const metricsPortOption = {
  type: "integer",
  value: "PORT",
  min: 0,
  max: 65535,
  group: "Export",
  description:
    "serve the newest numbers to Prometheus on 127.0.0.1, with the GPUs of the first nodes and of those in trouble; 0 for any free port",
  otherwise: "not served",
} as const;
