/** Lists the files of a corpus, a line each, with their state. */

import {
  displayWidth,
  padEnd,
  padStart,
  plainText,
  truncatePath,
  wrap,
} from "../../show/draw/width.ts";
import { asciiText, formatSoundLength } from "../../show/numbers.ts";
import type { CorpusReport } from "../../sound/audio/corpus/corpus.ts";
import { fateText } from "../../sound/audio/corpus/fate-text.ts";

/** Lines without line breaks, none wider than the width (from 40 columns on). */
export function corpusFileLines(
  { files }: CorpusReport,
  options: { readonly width: number; readonly unicode: boolean },
): string[] {
  const width = Math.max(40, options.width);
  const names = files.map(({ path }) => truncatePath(plainText(path), Math.floor(width / 2)));
  const lengths = files.map((file) =>
    file.fate === "left-out" ? "" : formatSoundLength(file.durationSeconds),
  );
  const nameWidth = Math.max(0, ...names.map(displayWidth));
  const lengthWidth = Math.max(0, ...lengths.map(displayWidth));
  const lines = files.flatMap((file, i) => {
    const lead = `${padEnd(names[i] ?? "", nameWidth)}  ${padStart(lengths[i] ?? "", lengthWidth)}  `;
    const text = wrap(plainText(fateText(file)), width - displayWidth(lead));
    return text.map(
      (line, index) => `${index === 0 ? lead : " ".repeat(displayWidth(lead))}${line}`,
    );
  });
  return options.unicode ? lines : lines.map(asciiText);
}
