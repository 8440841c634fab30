/**
 * The few colours of the terminal, each with one meaning.
 *
 * Colour never carries information alone: every view reads the same without it.
 */

export interface Colours {
  /** What the eye should find first. */
  readonly strong: (text: string) => string;
  /** Labels and details. */
  readonly quiet: (text: string) => string;
  /** What grows: the bar, the curve. */
  readonly accent: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
  /** A label that must not be overlooked, as "SIMULATED". */
  readonly badge: (text: string) => string;
}

export function coloursFor(colour: boolean): Colours {
  const plain = (text: string): string => text;
  const code =
    (on: string, off: number) =>
    (text: string): string =>
      text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;
  if (!colour) {
    const none = { strong: plain, quiet: plain, accent: plain, good: plain };
    return { ...none, warning: plain, bad: plain, badge: (text) => `[${text.trim()}]` };
  }
  return {
    strong: code("1", 22),
    quiet: code("2", 22),
    accent: code("36", 39),
    good: code("32", 39),
    warning: code("33", 39),
    bad: code("31", 39),
    badge: code("30;43", 0),
  };
}
