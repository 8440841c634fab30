/** A table in text, with names in its first line (RFC 4180, also with semicolons or tabs). */

export interface CsvRow {
  /** Line in the text where the row begins, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Rows that are empty are left out. */
export function readCsv(text: string): CsvRow[] {
  const mark = markOf(text);
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  let line = 1;
  let rowLine = 1;
  const endCell = (): void => {
    cells.push(cell);
    cell = "";
  };
  const endRow = (): void => {
    endCell();
    if (cells.some((one) => one.trim() !== "")) rows.push({ line: rowLine, cells });
    cells = [];
    rowLine = line;
  };
  for (let i = 0; i < text.length; i += 1) {
    const letter = text[i];
    if (letter === "\n") line += 1;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else isQuoted = false;
    } else if (letter === '"' && cell.trim() === "") {
      cell = "";
      isQuoted = true;
    } else if (letter === mark) endCell();
    else if (letter === "\n") endRow();
    else if (letter !== "\r") cell += letter;
  }
  endRow();
  return rows;
}

/** What stands between the cells: of three the one that is most often in the first line. */
function markOf(text: string): string {
  const head = text.slice(0, Math.max(0, text.indexOf("\n"))) || text;
  const count = (mark: string): number => head.split(mark).length;
  return [",", ";", "\t"].reduce((best, mark) => (count(mark) > count(best) ? mark : best), ",");
}
