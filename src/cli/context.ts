/** What a command is given of the outside world, and what it gives back. */

import type { UserError } from "../errors.ts";
import type { Clock } from "../host.ts";
import type { ValuesOf } from "../options/spec.ts";
import type { Settings } from "../sound/library/settings.ts";
import type { CommandName, CommandTable } from "./commands.ts";

/**
 * 0 done, 1 failed, 2 wrong usage or not found, 3 cancelled with a checkpoint saved, 130 cancelled
 * with nothing to save.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

/** A place for text. Writing never throws: when the reader has gone, text is dropped. */
export interface Output {
  write(text: string): void;
  /**
   * To be waited for by whoever writes much: undefined while the reader keeps up, otherwise until it
   * has taken what was written, has gone, or the signal aborts. Else all of it stays in memory.
   */
  taken(signal: AbortSignal): Promise<void> | undefined;
  readonly isTerminal: boolean;
  /** Width of the terminal now, in character cells; 80 where there is none. */
  readonly columns: number;
  /** May be written in colour. */
  readonly colour: boolean;
}

export interface CommandContext {
  /** Data, and nothing else; JSON and nothing else with `json`. */
  readonly stdout: Output;
  /** Everything for people who watch. */
  readonly stderr: Output;
  readonly clock: Clock;
  /** Aborts on Ctrl-C, on SIGTERM, and when the reader of stdout has gone. */
  readonly signal: AbortSignal;
  /** The configuration with the global options laid over it. */
  readonly settings: Settings;
  /** Where the configuration was looked for; `problem` only for commands that run all the same. */
  readonly config: {
    readonly path: string;
    readonly exists: boolean;
    readonly problem: Pick<UserError, "message" | "hint"> | null;
  };
  /** `--json` */
  readonly json: boolean;
  /** `--verbose` */
  readonly verbose: boolean;
  /** "etude 0.1.0" */
  readonly program: string;
  /** Absolute path that relative paths of the command line start from. */
  readonly workingFolder: string;
}

/** What the values of a command are called in its implementation: `CommandValues<"train">`. */
export type CommandValues<N extends CommandName> = ValuesOf<CommandTable[N]>;

/** Each commands/NAME.node.ts exports one of these as `run`. */
export type Handler<N extends CommandName> = (
  context: CommandContext,
  values: CommandValues<N>,
) => Promise<ExitCode>;
