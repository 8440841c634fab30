/** Unknown keys of a configuration that are probably misspelt. */

import { nearestWord } from "../../suggest.ts";
import { isTable, keyRules, type Table } from "./settings.ts";

export interface MisspeltKey {
  /** As it stands in the file: "hardware.thread", or a section alone. */
  readonly name: string;
  /** "hardware.threads" */
  readonly meant: string;
}

/** Keys unlike any of ours may belong to a newer program, and are not reported. */
export function misspeltKeys(table: Table): MisspeltKey[] {
  const found: MisspeltKey[] = [];
  for (const [section, values] of Object.entries(table)) {
    const isOurs = keyRules.some((rule) => rule.section === section);
    if (!isOurs) {
      const meant = isTable(values) ? nearestWord(section, sections) : elsewhere(section);
      if (meant !== undefined) found.push({ name: section, meant });
      continue;
    }
    for (const key of Object.keys(isTable(values) ? values : {})) {
      const meant = keyMeant(section, key);
      if (meant !== undefined) found.push({ name: `${section}.${key}`, meant });
    }
  }
  return found;
}

const sections: readonly string[] = [...new Set(keyRules.map(({ section }) => section))];

/** @returns undefined where the key is known, or like none. */
function keyMeant(section: string, key: string): string | undefined {
  const keys = keyRules.filter((rule) => rule.section === section).map((rule) => rule.key);
  if (keys.includes(key)) return undefined;
  const near = nearestWord(key, keys);
  return near === undefined ? elsewhere(key) : `${section}.${near}`;
}

/** A known key in the wrong section, or in none. */
function elsewhere(key: string): string | undefined {
  const near = nearestWord(
    key,
    keyRules.map((rule) => rule.key),
  );
  const rule = keyRules.find((one) => one.key === near);
  return rule && `${rule.section}.${rule.key}`;
}
