/** Detects the abilities of a terminal from its environment. Pure, so that every case is tested. */

/** The environment variables that are looked at; absent ones are undefined. */
export type Environment = { readonly [name: string]: string | undefined };

export type ConsoleMode = "live" | "plain" | "json" | "silent";

export interface Surroundings {
  readonly environment: Environment;
  /** Whether people's text (stderr) goes to a terminal. */
  readonly isTerminal: boolean;
}

/** The mode that fits, unless the person asked for another. */
export function consoleMode(
  { environment, isTerminal }: Surroundings,
  { json = false, quiet = false }: { readonly json?: boolean; readonly quiet?: boolean } = {},
): ConsoleMode {
  if (json) return "json";
  if (quiet) return "silent";
  return isTerminal && environment["TERM"] !== "dumb" ? "live" : "plain";
}

/**
 * NO_COLOR (not empty) wins over FORCE_COLOR, which wins over what the terminal says.
 *
 * Source: no-color.org; FORCE_COLOR as Node's `tty.WriteStream.getColorDepth` reads it.
 */
export function wantsColour({ environment, isTerminal }: Surroundings): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  const forced = environment["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isTerminal && environment["TERM"] !== "dumb";
}

/** Whether blocks and curves can be shown: not on the Linux console, not outside UTF-8. */
export function wantsUnicode(environment: Environment, platform: string): boolean {
  const terminal = environment["TERM"];
  if (terminal === "dumb" || terminal === "linux") return false;
  if (platform === "win32")
    return environment["WT_SESSION"] !== undefined || terminal !== undefined;
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  // Containers and services often set no locale at all, and their terminals show UTF-8.
  return locale === "" || /utf-?8/i.test(locale);
}
