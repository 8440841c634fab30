/** Errors on their way from a thread: they do not survive it whole. */

import { messageOf, UserError } from "../../errors.ts";

/** Plain data. */
export interface ThreadFailure {
  readonly message: string;
  readonly stack?: string;
  /** Of a UserError. */
  readonly user?: { readonly code: string; readonly hint: string; readonly exitCode: 1 | 2 };
}

export function failureOf(error: unknown): ThreadFailure {
  const message = messageOf(error);
  if (error instanceof UserError) {
    const { code, hint, exitCode } = error;
    return { message, user: { code, hint, exitCode } };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return { message, ...(stack !== undefined && { stack }) };
}

export function errorOf({ message, stack, user }: ThreadFailure): Error {
  if (user !== undefined) return new UserError({ message, ...user });
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
