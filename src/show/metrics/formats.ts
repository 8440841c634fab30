/** The formats that a run can be exported to, by their names in `--export`. */

import { openAsciicast } from "./asciicast.ts";
import { openCsv } from "./csv.ts";
import type { OpenExporter } from "./exporter.ts";
import { openJsonl } from "./jsonl.ts";
import { openOpenmetrics } from "./openmetrics.ts";
import { openOtlp } from "./otlp.ts";
import { openTensorboard } from "./tensorboard.ts";

export interface ExportFormat {
  readonly open: OpenExporter;
  /** What the person names: the file, or a folder for what there is to write. */
  readonly target: "file" | "folder";
}

export const EXPORT_FORMATS: Readonly<Record<string, ExportFormat>> = {
  asciicast: { open: openAsciicast, target: "file" },
  csv: { open: openCsv, target: "file" },
  jsonl: { open: openJsonl, target: "file" },
  openmetrics: { open: openOpenmetrics, target: "file" },
  otlp: { open: openOtlp, target: "file" },
  tensorboard: { open: openTensorboard, target: "folder" },
};
