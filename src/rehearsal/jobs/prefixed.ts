/** Prefixes the lines of several jobs in one stream with their job. */

/** "step 1\n\nstep 2\n" -> "[3] step 1\n[3]\n[3] step 2\n". @param text Whole lines. */
export function prefixed(job: number, text: string): string {
  return text.replace(/^.*\n/gm, (line) => (line === "\n" ? `[${job}]\n` : `[${job}] ${line}`));
}

/** Columns that the beginning of such a line takes. */
export const PREFIX_WIDTH = 4;
