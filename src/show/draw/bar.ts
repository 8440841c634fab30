/** A progress bar, exact in width. */

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

export interface BarOptions {
  /** Columns, both ends included; at least 3. */
  readonly width: number;
  /** Eighth blocks; otherwise "[####----]". */
  readonly unicode: boolean;
  /** What the part that is done is painted with. @default as it is */
  readonly paint?: (text: string) => string;
}

/**
 * @param share How much is done, 0 to 1; values outside are clamped, NaN counts as 0.
 *   The bar is full only at 1.
 */
export function progressBar(share: number, options: BarOptions): string {
  const { width, unicode, paint = (text) => text } = options;
  const inner = Math.max(1, Math.floor(width) - 2);
  const done = Math.min(1, Math.max(0, share)) || 0;
  if (!unicode) {
    const full = Math.floor(done * inner);
    return `[${paint("#".repeat(full))}${"-".repeat(inner - full)}]`;
  }
  const eighths = Math.floor(done * inner * 8);
  const full = Math.floor(eighths / 8);
  const part = EIGHTHS[eighths % 8] ?? "";
  const rest = inner - full - (part === "" ? 0 : 1);
  return `▕${paint("█".repeat(full) + part)}${" ".repeat(rest)}▏`;
}
