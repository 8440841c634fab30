/**
 * How the project fails.
 *
 * Three kinds of failure, and only three:
 *  - a person can fix it (bad folder, full disk)  -> UserError, shown without a stack;
 *  - the calling code is wrong (bad shape, range) -> built-in TypeError or RangeError;
 *  - we are wrong (a case nobody thought of)      -> unreachable().
 */

/** A failure that the person at the keyboard can do something about. */
export class UserError extends Error {
  override readonly name = "UserError";

  /** Stable identifier for scripts and tests, in kebab case; the wording may change, this may not. */
  readonly code: string;

  /** What to try next, as an imperative sentence. */
  readonly hint: string;

  /** What the program ends with: 1 failed, 2 wrong usage or not found. */
  readonly exitCode: 1 | 2;

  constructor({ code, message, hint, exitCode = 1, cause }: UserErrorParts) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** What a `UserError` is made of; its fields are those of the error. */
export interface UserErrorParts {
  readonly code: string;
  /** "Cannot X: found A, need B", without a full stop. */
  readonly message: string;
  readonly hint: string;
  /** @default 1 */
  readonly exitCode?: 1 | 2;
  readonly cause?: unknown;
}

/** Marks a branch that the types say cannot run. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable case reached: ${JSON.stringify(value)}`);
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
