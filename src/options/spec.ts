/**
 * What a command and an option are, as data.
 *
 * The table of commands (cli/commands.ts) is written in these words. Parsing, `--help`, the man
 * page, the completions and the form of a page all read it, and the types of a handler's values are
 * derived from it.
 */

/** A value that is absent when not given, unless `default` says otherwise. */
export type OptionSpec = FlagSpec | ChoiceSpec | NumberSpec | TextSpec | DurationSpec;

interface OptionBase {
  /** What it does, as a phrase without a full stop; range, choices and default are added to it. */
  readonly description: string;
  /** One letter: "d" gives `-d`. */
  readonly short?: string;
  /** Heading in the help text. @default "Options" */
  readonly group?: string;
  /** What happens when it is not given, where that is no fixed value: "by preset". */
  readonly otherwise?: string;
}

export interface FlagSpec extends OptionBase {
  readonly type: "flag";
  /** `--no-NAME`: true unless given. */
  readonly negated?: true;
}

export interface ChoiceSpec extends OptionBase {
  readonly type: "choice";
  /** Placeholder in the help text. */
  readonly value: string;
  readonly choices: readonly string[];
  /** Other spellings that are understood. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly default?: string;
  /** May be given several times: the handler gets a list, empty where it is not given. */
  readonly repeatable?: true;
}

export interface NumberSpec extends OptionBase {
  readonly type: "number" | "integer";
  readonly value: string;
  readonly min: number;
  readonly max: number;
  readonly default?: number;
}

export interface TextSpec extends OptionBase {
  readonly type: "text" | "path";
  readonly value: string;
  readonly default?: string;
  /** May be given several times: the handler gets a list, empty where it is not given. */
  readonly repeatable?: true;
  /** What a shell offers to begin a text with; whatever else it is may be typed. */
  readonly suggestions?: Suggestions;
}

/**
 * Words of a catalogue or of the library. Only the name of the list stands here: the words are
 * looked up when Tab is pressed, so that no other command waits for them.
 */
export interface Suggestions {
  readonly from: SuggestionList;
  /** Stands between the word and what follows it, "H100:8". @default the word is the whole value */
  readonly joint?: ":" | "@" | "=";
  /** What follows the joint. @default "text" */
  readonly rest?: "path" | "text";
}

export type SuggestionList =
  | "export-formats"
  | "gpus"
  | "incidents"
  | "simulated-models"
  | "sweep-settings"
  | "library-models"
  /** Of the model that the command line names. */
  | "library-presets"
  | "dataset-names"
  /** "@NAME", wherever recordings may be a folder or a dataset. */
  | "datasets";

/** A length of time, "2h10min" or "90s"; the handler gets milliseconds. */
export interface DurationSpec extends OptionBase {
  readonly type: "duration";
  readonly value: string;
}

export interface ArgumentSpec {
  /** Key among the handler's values. */
  readonly name: string;
  /** Placeholder in the help text. */
  readonly value: string;
  readonly description: string;
  readonly optional?: true;
  /** All words that follow; only the last argument can be. The handler gets a list. */
  readonly repeatable?: true;
  /** What is accepted, where not any text is. */
  readonly choices?: readonly string[];
  /** "name" is no path, so no files are offered for it. @default "path" */
  readonly type?: "path" | "name";
  /** What a shell offers to begin it with, beside paths. */
  readonly suggestions?: Suggestions;
}

export interface CommandSpec {
  /** What it does, as a phrase without a full stop. */
  readonly summary: string;
  /** More, for its own help text: whole sentences. */
  readonly details?: string;
  readonly arguments: readonly ArgumentSpec[];
  /** By the key among the handler's values: `outputDir` is `--output-dir`. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /**
   * The first Ctrl-C only aborts the signal, and the command ends by itself with a checkpoint.
   * Other commands have nothing to save and leave at once.
   */
  readonly savesWhenCancelled?: true;
  /**
   * Goes on until it is stopped, so a signal is its usual end and a second one no hurry.
   * `bin/etude.mjs` knows these by name, before anything is built.
   */
  readonly endsWhenStopped?: true;
  /** Runs with the defaults where the configuration cannot be read, and receives the reason. */
  readonly runsWithBrokenConfig?: true;
}

/** What a handler is given for a command: its arguments and its options, by name. */
export type ValuesOf<S extends CommandSpec> = {
  readonly [A in S["arguments"][number] as A["name"]]: A extends { repeatable: true }
    ? readonly string[]
    : OneOf<A> | (A extends { optional: true } ? undefined : never);
} & OptionValuesOf<S["options"]>;

/** The options alone, by name. */
export type OptionValuesOf<O extends CommandSpec["options"]> = {
  readonly [K in keyof O]: ValueOf<O[K]>;
};

type ValueOf<O> = O extends { type: "flag" }
  ? boolean
  : O extends { repeatable: true }
    ? readonly OneOf<O>[]
    : OneOf<O> | Absent<O>;

type OneOf<O> = O extends { choices: readonly (infer C)[] }
  ? C
  : O extends { type: "number" | "integer" | "duration" }
    ? number
    : string;

type Absent<O> = O extends { default: unknown } ? never : undefined;

/** May be given several times. */
export function isRepeatable(spec: OptionSpec): boolean {
  return "repeatable" in spec && spec.repeatable === true;
}

/** "outputDir" -> "--output-dir"; a negated "augment" -> "--no-augment". */
export function longFlag(name: string, spec: OptionSpec): string {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return spec.type === "flag" && spec.negated === true ? `--no-${kebab}` : `--${kebab}`;
}
