/** Explains what is wrong with invalid JSON. */

export interface JsonAdvice {
  /** The parser's complaint on one line, with its position where known. */
  readonly reason: string;
  readonly hint: string;
}

/** @param problem What JSON.parse says of the text. */
export function jsonAdvice(text: string, problem: string): JsonAdvice {
  const reason = problem
    .replace(/\s+/g, " ")
    .replace(/,? ?(?:is not valid JSON|in JSON)/, "")
    .replace(/ ?at position (\d+)(?: \(.*\))?/, (_, at) => placeOf(text, Number(at)));
  // Quoted text is ignored.
  const bare = text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  return { reason, hint: MISTAKES.find(([sign]) => sign.test(bare))?.[1] ?? "Check the syntax." };
}

/** Common mistakes; those that cause others come first. */
const MISTAKES: readonly (readonly [sign: RegExp, hint: string])[] = [
  [/\/\/|\/\*|^\s*#/m, "JSON has no comments: leave them out."],
  [/,\s*[}\]]/, "Leave out the comma before the closing bracket."],
  [/\b(?:NaN|Infinity)\b/, "JSON has no NaN and no Infinity: leave the field out."],
  [/\b(?:None|True|False)\b/, "Write null, true and false."],
  [/'|[{,]\s*[A-Za-z_]/, "Put names and texts in double quotes."],
  [/\d_\d/, "Write numbers without underscores."],
  [/^[^}]*$/, "The closing bracket is missing: is the file complete?"],
];

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  return ` at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
