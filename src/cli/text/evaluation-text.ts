/** The result of `etude evaluate` as text: a table of methods and its interpretation. */

import {
  padEnd,
  padStart,
  plainText,
  truncate,
  truncatePath,
  wrap,
} from "../../show/draw/width.ts";
import {
  asciiText,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatQuantity,
} from "../../show/numbers.ts";
import type { ClaritySummary } from "../../sound/audio/clarity/clarity.ts";
import type { PairDistances } from "../../sound/audio/distance.ts";
import type {
  Evaluation,
  FileRow,
  Gain,
  GainKey,
  MethodName,
  Note,
} from "../../sound/work/evaluate.ts";
import { GAIN_HEARD } from "../../sound/work/evaluate.ts";
import type { Novelty, NoveltyReading } from "../../sound/work/evaluate-novelty.ts";

export interface EvaluationTextOptions {
  /** Columns that a line may take. */
  readonly width: number;
  /** False for a terminal that knows only ASCII. @default true */
  readonly unicode?: boolean;
}

/** Lines without line breaks, none wider than the width (from 60 columns on). */
export function evaluationLines(
  evaluation: Evaluation,
  options: EvaluationTextOptions,
): readonly string[] {
  const width = Math.max(60, options.width);
  const lines = [
    ...headRows(evaluation, width),
    "",
    ...tableRows(evaluation),
    "",
    ...clarityRows(evaluation),
    "",
    ...verdictRows(evaluation, width),
    ...evaluation.notes.flatMap((note) => noteRows(note, width)),
    "",
    ...meaningRows(evaluation, width),
  ];
  return options.unicode === false ? lines.map(asciiText) : lines;
}

/** Columns of the labels on the left of texts. */
const LABEL = 12;

/** Columns of the labels and of the figures of the table. */
const NAME = 20;
const FIGURE = 10;

/** How many of the worst files are named. */
const WORST_NAMED = 3;

const methodTitles: { readonly [M in MethodName]: string } = {
  model: "model",
  untrained: "untrained",
  pca: "PCA",
  copy: "copy",
};

const methodMeanings: { readonly [M in Exclude<MethodName, "model">]: string } = {
  untrained: "untrained: the model before its first step, a linear code of mel bands",
  pca: "PCA: a linear code of single bins, fitted to the same training files",
  copy: "copy: the file's own magnitudes, phase reconstructed: what a perfect model would get",
};

const metrics: readonly {
  readonly key: keyof PairDistances;
  readonly title: string;
  readonly digits: number;
}[] = [
  { key: "melL1Db", title: "mel-L1, dB", digits: 2 },
  { key: "lsdDb", title: "LSD, dB", digits: 2 },
  { key: "multiScale", title: "multi-scale distance", digits: 3 },
  { key: "spectralConvergence", title: "spectral convergence", digits: 3 },
  { key: "loudnessDb", title: "loudness error, dB", digits: 2 },
  { key: "levelDb", title: "level, dB", digits: 2 },
  { key: "envelopeCorrelation", title: "envelope correlation", digits: 3 },
];

const statistics = ["mean", "median", "worst"] as const;

function headRows({ model, rows, durationSeconds, split, ruler }: Evaluation, width: number) {
  const files = formatQuantity(rows.length, split === "all" ? "file" : "held-out file");
  const steps = formatQuantity(model.step, "step");
  return [
    ...row("Model", `${plainText(model.name)} (${model.recipe.name}, ${steps})`, width),
    ...row("Files", `${files}, ${formatDuration(durationSeconds * 1000)}`, width),
    ...row(
      "Measured",
      `mono at ${ruler.sampleRateHz / 1000} kHz, floor ${ruler.floorDb} dB below each file's loudest, phase by ${ruler.phaseIterations} steps`,
      width,
    ),
  ];
}

function tableRows({ methods }: Evaluation): string[] {
  const lines = [
    tableRow(
      "",
      methods.map(({ name }) => methodTitles[name]),
    ),
    tableRow(
      "numbers a second",
      methods.map(({ numbersPerSecond }) =>
        formatCount(numbersPerSecond === null ? Number.NaN : numbersPerSecond),
      ),
    ),
  ];
  for (const { key, title, digits } of metrics) {
    for (const statistic of statistics) {
      lines.push(
        tableRow(
          statistic === "mean" ? title : `  ${statistic}`,
          methods.map(({ summary }) => figureText(summary[key]?.[statistic], digits)),
        ),
      );
    }
  }
  return lines;
}

const clarityTitles: {
  readonly [K in Exclude<keyof ClaritySummary, "count">]: readonly [title: string, digits: number];
} = {
  valleyDb: ["valleys, dB", 1],
  jitterCents: ["pitch jitter, cents", 2],
  wobbleDb: ["level wobble, dB", 2],
  latticeDb: ["frame-rate line, dB", 1],
  highDb: ["above 8 kHz, dB", 1],
  extraBursts: ["bursts before onset", 2],
  cutShare: ["share of cut ends", 2],
};

function clarityRows({ clarity }: Evaluation): string[] {
  const sides = [clarity.recordings, clarity.rebuilt, clarity.generated];
  const keys = Object.keys(clarityTitles) as (keyof typeof clarityTitles)[];
  return [
    tableRow("", ["recording", "rebuilt", "generated"]),
    ...keys.map((key) => {
      const [title, digits] = clarityTitles[key];
      return tableRow(
        title,
        sides.map((side) => figureText(side?.[key] ?? undefined, digits)),
      );
    }),
  ];
}

function figureText(value: number | undefined, digits: number): string {
  return formatNumber(value === undefined ? Number.NaN : Number(value.toFixed(digits)));
}

function tableRow(label: string, figures: readonly string[]): string {
  return `${padEnd(label, NAME)}${figures.map((figure) => padStart(figure, FIGURE)).join("")}`;
}

function verdictRows(evaluation: Evaluation, width: number): string[] {
  const { gainOver, novelty, kept, elapsedMs } = evaluation;
  return [
    ...(gainOver.pca ? row("Against PCA", gainText(gainOver.pca), width) : []),
    ...trainingRows(evaluation, width),
    ...row("Novelty", noveltyText(novelty), width),
    ...likenessRows(novelty, width),
    ...worstRows(evaluation.rows, width),
    ...(kept === null ? [] : row("Kept in", plainText(kept), width)),
    ...row("Took", formatDuration(elapsedMs), width),
  ];
}

function trainingRows({ gainOver, training }: Evaluation, width: number): string[] {
  if (gainOver.untrained === null) return [];
  if (training === "nothing") {
    const text = "no effect: this model rebuilds no better than before its first step";
    return row("Training", text, width);
  }
  const verdict = training === "worse" ? "training made it worse: " : "";
  return row("Training", `${verdict}${gainText(gainOver.untrained)}`, width);
}

const noveltyReadings: { readonly [R in NoveltyReading]: string } = {
  copies: "close to copies of training recordings",
  "as-new": "about as new as held-out recordings",
  "off-corpus":
    "off the corpus: farther from the training recordings than held-out ones, so it sounds unlike them",
};

function noveltyText(novelty: Novelty | null): string {
  if (novelty === null) return "not measured: it needs training files and held-out files";
  const sounds = formatQuantity(novelty.generatedCount, "generated segment");
  return `${formatNumber(novelty.ratio)} for ${sounds}: ${noveltyReadings[novelty.reading]} (0: copies, 1: like held-out recordings)`;
}

function likenessRows(novelty: Novelty | null, width: number): string[] {
  if (!novelty?.likeness) return [];
  const { mmdRatio, coverageRatio, hubShare } = novelty.likeness;
  const text = `distance to the recordings ${figureText(mmdRatio, 2)}, of them covered ${figureText(coverageRatio, 2)} (held-out recordings: 1 both), nearest to one and the same ${formatPercent(hubShare)}`;
  return row("Likeness", text, width);
}

function meaningRows({ methods }: Evaluation, width: number): string[] {
  const texts = methods.flatMap(({ name }) => (name === "model" ? [] : methodMeanings[name]));
  return texts.flatMap((text) => wrap(text, width));
}

const gainTitles: { readonly [K in GainKey]: string } = {
  melL1Db: "mel-L1",
  lsdDb: "LSD",
  multiScale: "multi-scale",
  spectralConvergence: "convergence",
};

function gainText(gain: Gain): string {
  const parts = Object.entries(gainTitles).map(([key, title]) => {
    const share = gain[key as GainKey];
    if (Math.abs(share) < GAIN_HEARD) return `${title} as before`;
    return `${title} ${formatPercent(Math.abs(share))} ${share < 0 ? "worse" : "better"}`;
  });
  return parts.join(", ");
}

function worstRows(rows: readonly FileRow[], width: number): string[] {
  const melOf = ({ distances }: FileRow): number => distances.model?.melL1Db ?? 0;
  const worst = rows.toSorted((a, b) => melOf(b) - melOf(a)).slice(0, WORST_NAMED);
  return worst.map((file, index) => {
    const figure = `${formatNumber(melOf(file))} dB`;
    const room = width - LABEL - FIGURE - 2;
    const label = index === 0 ? "Worst files" : "";
    return truncate(
      `${padEnd(label, LABEL)}${padEnd(figure, FIGURE)}  ${truncatePath(plainText(file.path), room)}`,
      width,
    );
  });
}

function noteRows({ text }: Note, width: number): string[] {
  return row("Note", plainText(text), width);
}

/** "label       text", the text broken into lines beside the label. */
function row(label: string, text: string, width: number): string[] {
  return wrap(text, width - LABEL).map(
    (line, index) => `${padEnd(index === 0 ? label : "", LABEL)}${line}`,
  );
}
