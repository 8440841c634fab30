/** Models of the library, in words. */

import { displayWidth, padEnd, padStart, plainText } from "../../show/draw/width.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatMoment,
  formatQuantity,
} from "../../show/numbers.ts";
import type { ModelManifest } from "../../sound/library/model-manifest.ts";

/** A line for each: name, day, recordings, loss, id, tags. */
export function modelLines(models: readonly ModelManifest[]): string[] {
  const rows = models.map(({ id, name, tags, facts }) => [
    plainText(name),
    dayOf(facts.trainedWallMs),
    formatDuration(facts.corpusSeconds * 1000),
    facts.validationLoss === null ? "" : `loss ${formatLoss(facts.validationLoss)}`,
    id,
    tags.map((tag) => `#${plainText(tag)}`).join(" "),
  ]);
  return columns(rows, [2]);
}

/** Cells under each other, two spaces between them. @param right Columns whose cells end together. */
export function columns(rows: readonly string[][], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell));
    }
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? padStart : padEnd)(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** What is known, and nothing else. */
export function modelInfoLines({ facts, run, ...model }: ModelManifest): string[] {
  const known: (readonly [string, string | undefined])[] = [
    ["name", model.name],
    ["id", model.id],
    ["description", model.description || undefined],
    ["tags", model.tags.join(", ") || undefined],
    ["trained", `${momentOf(facts.trainedWallMs)} with ${facts.program}`],
    ["in library", `since ${momentOf(model.addedWallMs)}`],
    ["recordings", recordingsText(facts)],
    [
      "model",
      `${facts.architecture}, ${formatCount(facts.parameters)} weights, ${facts.latentSize} latents`,
    ],
    ["controls", facts.controls?.join(", ")],
    ["file", formatBytes(facts.bytes)],
    ["best epoch", `${formatCount(facts.epoch)}, after ${formatQuantity(facts.step, "step")}`],
    ["loss", lossText(facts.validationLoss, run)],
    ["run", run && runText(run)],
    ["learned from", run?.corpusFolder],
    ["run folder", run?.folder],
  ];
  const rows = known.flatMap(([name, text]) =>
    text === undefined ? [] : [[name, plainText(text)]],
  );
  return columns(rows);
}

function recordingsText({
  trainRecordings,
  validationRecordings,
  corpusSeconds,
}: ModelManifest["facts"]): string {
  const held = validationRecordings === 0 ? "" : `, ${formatCount(validationRecordings)} held out`;
  const length = formatDuration(corpusSeconds * 1000);
  return `${formatQuantity(trainRecordings, "recording")} learned from${held}, ${length}`;
}

function lossText(held: number | null, run: ModelManifest["run"]): string | undefined {
  const parts = [
    ...(held === null ? [] : [`${formatLoss(held)} held out`]),
    ...(run?.trainLoss === undefined ? [] : [`${formatLoss(run.trainLoss)} trained on`]),
    ...(run?.startLoss === undefined ? [] : [`${formatLoss(run.startLoss)} held out at the start`]),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}

function runText({ preset, epochs, elapsedMs, verdict }: NonNullable<ModelManifest["run"]>) {
  const parts = [
    `preset ${preset}`,
    ...(epochs === undefined ? [] : [formatQuantity(epochs, "epoch")]),
    ...(elapsedMs === undefined ? [] : [formatDuration(elapsedMs)]),
    ...(verdict === undefined ? [] : [`at the end ${verdict}`]),
  ];
  return parts.join(", ");
}

/** "2026-12-01" */
function dayOf(wallMs: number): string {
  return momentOf(wallMs).slice(0, 10);
}

/** "2026-12-01 03:42 UTC" */
export function momentOf(wallMs: number): string {
  return `${formatMoment(wallMs).slice(0, 16)} UTC`;
}
