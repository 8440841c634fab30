/** Controls as they are written on the command line: `--control brightness:5`. */

import { UserError } from "../errors.ts";
import { POSITION_MOST } from "../sound/model/position-range.ts";

/**
 * @returns Positions by what each control was called: a name, or the label that a person gave.
 * @throws UserError "bad-control" (exit code 2).
 */
export function namedPositions(texts: readonly string[]): { readonly [name: string]: number } {
  const positions: Record<string, number> = {};
  for (const text of texts) {
    const [, name = "", digits] = /^(.+?)[:=]([+-]?\d+)$/.exec(text.trim()) ?? [];
    const position = Number(digits ?? Number.NaN);
    if (!(Math.abs(position) <= POSITION_MOST)) {
      throw badControl(`--control "${text}"`, "NAME:POSITION, such as brightness:5");
    }
    positions[name] = position;
  }
  return positions;
}

/** @throws UserError "bad-control" (exit code 2). */
export function namedLabels(
  texts: readonly string[],
): { readonly name: string; readonly label: string }[] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    const [name, label] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    if (at < 1 || label === "" || label.length > LABEL_MOST) {
      throw badControl(
        `--rename "${text}"`,
        `NAME=LABEL, the label up to ${LABEL_MOST} characters`,
      );
    }
    return { name, label };
  });
}

const LABEL_MOST = 60;

function badControl(found: string, need: string): UserError {
  return new UserError({
    code: "bad-control",
    message: `Cannot use ${found}: need ${need}`,
    hint: `Positions are whole numbers from -${POSITION_MOST} to ${POSITION_MOST}; \`etude analyze MODEL --show\` lists the controls.`,
    exitCode: 2,
  });
}
