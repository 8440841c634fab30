/** The environment of a command, and its exit code. */

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

/** A text output. Writing never throws: after the reader has gone, text is dropped. */
export interface Output {
  write(text: string): void;
  /**
   * Back-pressure, for large writers: undefined while the reader keeps up, otherwise resolves when
   * it has caught up or gone, or the signal aborts. A writer that does not await it buffers
   * everything in memory.
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
  /** Everything for people. */
  readonly stderr: Output;
  readonly clock: Clock;
  /** Aborts on Ctrl-C, on SIGTERM, and when the reader of stdout has gone. */
  readonly signal: AbortSignal;
  /** The configuration, overridden by the global options. */
  readonly settings: Settings;
  /** Where the configuration was looked for; `problem` only for commands that run all the same. */
  readonly config: {
    readonly path: string;
    readonly exists: boolean;
    readonly problem: Pick<UserError, "message" | "hint"> | null;
  };
  /** Options of the command that stand on the command line: the others have their defaults. */
  readonly given: ReadonlySet<string>;
  /** `--device` stands on the command line. */
  readonly isDeviceGiven: boolean;
  /** `--json` */
  readonly json: boolean;
  /** `--verbose` */
  readonly verbose: boolean;
  /** "etude 0.1.0" */
  readonly program: string;
  /** Absolute path that relative paths of the command line start from. */
  readonly workingFolder: string;
}

/** The option values of a command: `CommandValues<"train">`. */
export type CommandValues<N extends CommandName> = ValuesOf<CommandTable[N]>;

/** Each commands/NAME.node.ts exports one of these as `run`. */
export type Handler<N extends CommandName> = (
  context: CommandContext,
  values: CommandValues<N>,
) => Promise<ExitCode>;
