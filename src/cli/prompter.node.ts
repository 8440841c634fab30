/** Questions in a terminal, one line each, with Tab for folders. */

import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { createInterface } from "node:readline/promises";
import { UserError } from "../errors.ts";
import { expandHome } from "../sound/library/config.node.ts";
import type { Prompter } from "./guided-train.ts";

export interface PrompterOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Relative paths start from here. */
  readonly workingFolder: string;
  /** Ends a question with its reason. */
  readonly signal: AbortSignal;
  /** Called on Ctrl-C, which a terminal in raw mode delivers as a key. */
  readonly onInterrupt: () => void;
}

export interface OpenPrompter extends Prompter {
  /** Releases the terminal. */
  close(): void;
}

/** Ctrl-D at a question throws a UserError "unanswered" (exit code 2). */
export function openPrompter(options: PrompterOptions): OpenPrompter {
  const { input, output, signal, onInterrupt, workingFolder } = options;
  const lines = createInterface({
    input,
    output,
    terminal: true,
    completer: (line: string) => completeFolder(line, workingFolder),
  });
  const closed = new Promise<never>((_, reject) => {
    lines.once("close", () => reject(unanswered()));
  });
  closed.catch(() => undefined);
  lines.on("SIGINT", onInterrupt);
  return {
    ask: async (question) => {
      try {
        return (await Promise.race([lines.question(question, { signal }), closed])).trim();
      } catch (error) {
        // Whatever comes next starts on a line of its own.
        output.write("\n");
        throw error;
      }
    },
    say: (text) => {
      output.write(`${text}\n`);
    },
    close: () => lines.close(),
  };
}

/** Parses a typed or dropped path: quotes and escapes of a shell, and "~". */
export function typedPath(answer: string, workingFolder: string): string {
  const [, , inQuotes] = answer.match(/^(['"])(.*)\1$/) ?? [];
  const plain = inQuotes ?? (sep === "/" ? answer.replace(/\\(.)/g, "$1") : answer);
  return resolve(workingFolder, expandHome(plain));
}

/** Completions of the line, each as a whole line. */
async function completeFolder(line: string, workingFolder: string): Promise<[string[], string]> {
  const isWhole = line === "" || line.endsWith("/") || line.endsWith(sep);
  const parent = isWhole ? line : line.slice(0, line.length - basename(line).length);
  const begun = isWhole ? "" : basename(line);
  const folder = resolve(workingFolder, expandHome(parent === "" ? "." : parent));
  const names = await readdir(folder).catch(() => []);
  const wanted = names.filter(
    (name) => name.startsWith(begun) && (begun !== "" || !name.startsWith(".")),
  );
  const found: string[] = [];
  for (const name of wanted.toSorted()) {
    const status = await stat(join(folder, name)).catch(() => undefined);
    if (status?.isDirectory()) found.push(`${parent}${name}/`);
  }
  return [found, line];
}

function unanswered(): UserError {
  return new UserError({
    code: "unanswered",
    message: "Cannot train: the question was not answered, need FOLDER",
    hint: "Name the folder of recordings: etude train FOLDER.",
    exitCode: 2,
  });
}
