/** Changes single values in the text of a TOML file; comments, order and spacing stay. */

import { stringify } from "smol-toml";

/** Matches a value set in the usual notation. */
export interface TomlPlace {
  readonly section: string;
  readonly key: string;
}

/** The text with the value set; a section that is not there yet is added at the end. */
export function withTomlValue(text: string, place: TomlPlace, value: unknown): string {
  const line = lineOf(text, place);
  const lines = text.split("\n");
  const setting = stringify({ [place.key]: value }).trimEnd();
  const written = setting.slice(setting.indexOf("=") + 1).trim();
  if (line !== undefined) {
    const old = lines[line - 1] ?? "";
    const [, head = "", , tail = ""] = SETTING.exec(old) ?? [];
    lines[line - 1] = `${head}${written}${tail}`;
    return lines.join("\n");
  }
  const header = lines.findIndex((one) => headerOf(one) === place.section);
  if (header < 0) {
    const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    return `${before}${before === "" ? "" : "\n"}[${place.section}]\n${setting}\n`;
  }
  let end = header + 1;
  for (let i = end; i < lines.length && headerOf(lines[i] ?? "") === undefined; i += 1) {
    if ((lines[i] ?? "").trim() !== "") end = i + 1;
  }
  return [...lines.slice(0, end), setting, ...lines.slice(end)].join("\n");
}

/** Line, from 1, that sets a value; of a section, without a key, its header. */
export function lineOf(text: string, { section, key }: Partial<TomlPlace>): number | undefined {
  let current = "";
  for (const [i, line] of text.split("\n").entries()) {
    const header = headerOf(line);
    current = header ?? current;
    const set = /^\s*([\w-]+(?:\s*\.\s*[\w-]+)?)\s*=/.exec(line)?.[1]?.replaceAll(/\s/g, "");
    const whole = current === "" ? set : `${current}.${set}`;
    const wanted = key === undefined ? section : `${section}.${key}`;
    if (set !== undefined ? whole === wanted : key === undefined && header === section)
      return i + 1;
  }
  return undefined;
}

/** The text before a value, the value, and the text after it. */
const SETTING =
  /^(\s*[\w-]+(?:\s*\.\s*[\w-]+)?\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^#]*?)(\s*(?:#.*)?)$/;

function headerOf(line: string): string | undefined {
  return /^\s*\[\s*([\w-]+)\s*\]/.exec(line)?.[1];
}
