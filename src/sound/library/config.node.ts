/**
 * The configuration file: finds, reads and checks it, merges it over the defaults, and writes it.
 *
 * TOML. Relative paths in it start from its own folder, so two files in two folders are two
 * separate libraries, whatever folder a command runs in.
 */

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify, TomlError } from "smol-toml";
import { messageOf, UserError } from "../../errors.ts";
import { makeFolder, replaceFile } from "../../files.node.ts";
import { isTable, keyRules, merged, type Section, type Settings, type Table } from "./settings.ts";
import { lineOf, withTomlValue } from "./toml-edit.ts";
import { misspeltKeys } from "./unknown-keys.ts";

export interface Config {
  /** Absolute path of the file: the one read, or the one `saveConfig` would make. */
  readonly path: string;
  /** False where there is no such file and everything is default. */
  readonly exists: boolean;
  readonly settings: Settings;
  /** Keys that are probably misspelt, each in a sentence without a full stop. */
  readonly warnings: readonly string[];
}

export interface ConfigPlace {
  /** `--config`: this file must exist. */
  readonly path?: string;
  /** Base of a relative `path` and of the default folders. */
  readonly workingFolder: string;
  /** XDG_CONFIG_HOME and XDG_DATA_HOME are read from here. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * @throws UserError "config-not-found" (exit code 2), "config-unreadable", "config-not-toml" with
 *   line and column, or "config-value" with the line and what is accepted.
 */
export async function loadConfig(place: ConfigPlace): Promise<Config> {
  const path = configPath(place);
  const text = await readConfigText(path, place.path !== undefined);
  const table = text === undefined ? {} : parseToml(path, text);
  checkValues(table, { path, text: text ?? "" });
  const settings = settingsOf(table, { path, place });
  return { path, exists: text !== undefined, settings, warnings: warningsOf(table, path, text) };
}

/** The settings without a configuration file, or with an unreadable one. */
export function defaultConfig(place: ConfigPlace): Config {
  const path = configPath(place);
  const settings = settingsOf({}, { path, place: withoutPath(place) });
  return { path, exists: false, settings, warnings: [] };
}

function warningsOf(table: Table, path: string, text = ""): string[] {
  return misspeltKeys(table).map(({ name, meant }) => {
    const [section = "", key] = name.split(".");
    const line = lineOf(text, { section, ...(key !== undefined && { key }) });
    const place = line === undefined ? "" : ` in line ${line}`;
    return `${name}${place} of "${path}" is no setting; did you mean ${meant}?`;
  });
}

/**
 * Merges `changes` into the file and writes it atomically. Comments stay, and so do keys that étude
 * does not know.
 */
export async function saveConfig(path: string, changes: Table): Promise<void> {
  const text = await readConfigText(path, false);
  const table = merged(text === undefined ? {} : parseToml(path, text), changes);
  const written = changedText(text ?? "", changes, table);
  checkValues(table, { path, text: written });
  try {
    await makeFolder(dirname(path));
    await replaceFile(path, written);
  } catch (cause) {
    throw new UserError({
      code: "config-unwritable",
      message: `Cannot write the configuration "${path}": ${messageOf(cause)}`,
      hint: "Make its folder writable, or name another file with --config.",
      cause,
    });
  }
}

/** Edits single lines where that gives `table`; otherwise the file is written anew. */
function changedText(text: string, changes: Table, table: Table): string {
  let changed = text;
  for (const [section, values] of Object.entries(changes)) {
    for (const [key, value] of Object.entries(isTable(values) ? values : {})) {
      changed = withTomlValue(changed, { section, key }, value);
    }
  }
  return isSameToml(changed, table) ? changed : stringify(table);
}

function isSameToml(text: string, table: Table): boolean {
  try {
    return isDeepStrictEqual(parse(text), parse(stringify(table)));
  } catch {
    return false;
  }
}

function configPath({ path, workingFolder, environment }: ConfigPlace): string {
  if (path !== undefined) return resolve(workingFolder, expandHome(path));
  return join(xdgFolder(environment["XDG_CONFIG_HOME"], ".config"), "etude", "config.toml");
}

function xdgFolder(fromEnvironment: string | undefined, otherwise: string): string {
  // The standard says to ignore a relative one.
  if (fromEnvironment !== undefined && isAbsolute(fromEnvironment)) return fromEnvironment;
  return join(homedir(), otherwise);
}

/** @returns undefined where there is no file and none is needed. */
async function readConfigText(path: string, mustExist: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const isAbsent = code === "ENOENT" || code === "ENOTDIR";
    if (isAbsent && !mustExist) return undefined;
    throw new UserError({
      code: isAbsent ? "config-not-found" : "config-unreadable",
      message: `Cannot read the configuration "${path}": ${isAbsent ? "there is no such file" : messageOf(cause)}`,
      hint: "Correct the path after --config, or leave it out to use the defaults.",
      exitCode: isAbsent ? 2 : 1,
      cause,
    });
  }
}

function parseToml(path: string, text: string): Table {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // The first line says what, the rest shows the place, which the hint repeats.
    const [what = ""] = cause.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new UserError({
      code: "config-not-toml",
      message: `Cannot read the configuration "${path}": line ${cause.line}, column ${cause.column}: ${what}`,
      hint: `Correct that line: ${text.split("\n")[cause.line - 1]?.trim() ?? ""}`,
      cause,
    });
  }
}

/** Checks every known key that is there; unknown ones may hold anything. */
function checkValues(table: Table, { path, text }: { path: string; text: string }): void {
  for (const { section, key, needed, accepts } of keyRules) {
    const values = table[section];
    if (values === undefined) continue;
    if (!isTable(values)) throw wrongValue(section, values, `a section: [${section}]`);
    const value = values[key];
    if (value !== undefined && !accepts(value))
      throw wrongValue(`${section}.${key}`, value, needed);
  }

  function wrongValue(name: string, value: unknown, needed: string): UserError {
    const [section = "", key] = name.split(".");
    const line = lineOf(text, { section, ...(key !== undefined && { key }) });
    const place = line === undefined ? "" : ` in line ${line}`;
    return new UserError({
      code: "config-value",
      message: `Cannot use ${name}${place} of "${path}": found ${JSON.stringify(value)}, need ${needed}`,
      hint: "Correct the value, or delete it to use the default.",
    });
  }
}

interface SettingsOrigin {
  readonly path: string;
  readonly place: ConfigPlace;
}

/** The values are checked already; relative paths become absolute here. */
function settingsOf(table: Table, { path, place }: SettingsOrigin): Settings {
  const folder = dirname(path);
  const { workingFolder, environment } = place;
  // A file named by --config has its library beside it; without one, sounds land where you are.
  const base = place.path === undefined ? workingFolder : folder;
  const data = join(xdgFolder(environment["XDG_DATA_HOME"], join(".local", "share")), "etude");
  const paths = section(table, "paths") as Partial<Settings["paths"]>;
  const library = place.path === undefined ? data : folder;
  const at = (given: string | undefined, otherwise: string): string =>
    given === undefined ? otherwise : resolve(folder, expandHome(given));
  return {
    general: { colour: true, verbose: false, ...known(table, "general") },
    paths: {
      runs: at(paths.runs, join(base, "runs")),
      models: at(paths.models, join(library, "models")),
      generated: at(paths.generated, join(base, "generated")),
      datasets: at(paths.datasets, join(library, "datasets")),
      history: at(paths.history, join(library, "history")),
      data: at(paths.data, library),
    },
    history: { keepGb: 5, ...known(table, "history") },
    worker: { keepGb: 20, ...known(table, "worker") },
    hardware: { device: "auto", threads: 0, memoryLimitGb: 0, ...known(table, "hardware") },
  };
}

function section(table: Table, name: Section): Table {
  const values = table[name];
  return isTable(values) ? values : {};
}

function known(table: Table, name: Section): Table {
  const keys = new Set(keyRules.filter((rule) => rule.section === name).map((rule) => rule.key));
  return Object.fromEntries(Object.entries(section(table, name)).filter(([key]) => keys.has(key)));
}

function withoutPath({ workingFolder, environment }: ConfigPlace): ConfigPlace {
  return { workingFolder, environment };
}

/** "~" and "~/sounds" -> below the home folder; "~other" is left as it is. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}
