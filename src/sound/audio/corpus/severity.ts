/** How severe the state of a corpus file, or a warning about it, is for training. */

import { type CorpusFile, type CorpusReport, type CorpusWarning, isMissed } from "./corpus.ts";

/**
 * "error": a recording cannot be used; "warning": it is used but harms the model, or holds no
 * sound; "info": nothing is lost; "ok": no remarks.
 */
export type Severity = "ok" | "info" | "warning" | "error";

export function severityOfFile(file: CorpusFile): Severity {
  if (file.fate === "duplicate") return "info";
  if (file.fate === "used") return file.warnings.length > 0 ? "warning" : "ok";
  if (file.code === "silent" || file.code === "too-short") return "warning";
  return isMissed(file) ? "error" : "info";
}

/** Another rate is resampled without loss; everything else is audible in the model. */
function severityOfWarning({ code }: Pick<CorpusWarning, "code">): Severity {
  return code === "mixed-rates" ? "info" : "warning";
}

/** The report with each file's and each warning's severity beside it. Plain JSON. */
export function withSeverity(report: CorpusReport): object {
  const files = report.files.map((file) => ({ ...file, severity: severityOfFile(file) }));
  const warnings = report.warnings.map((one) => ({ ...one, severity: severityOfWarning(one) }));
  return { ...report, files, warnings };
}
