/** An error where it happened, with what to do about it. */

import { type Signal, signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Trouble } from "../../contract.ts";
import { troubleOf } from "../server.browser.ts";

export function TroubleBox({
  trouble,
  onClose,
}: {
  readonly trouble: Trouble | undefined;
  readonly onClose?: () => void;
}): JSX.Element | null {
  if (trouble === undefined) return null;
  return (
    <div class="trouble" role="alert">
      <strong>{trouble.message}.</strong>
      <span class="hint">{trouble.hint}</span>
      {onClose && (
        <button type="button" class="button quiet" onClick={onClose}>
          Close
        </button>
      )}
    </div>
  );
}

/** A place for the trouble of what is tried there. */
export interface Attempts {
  readonly trouble: Signal<Trouble | undefined>;
  readonly isBusy: Signal<boolean>;
  /** Runs it, and keeps what goes wrong for the page to show. @returns Whether it went well. */
  attempt(work: () => Promise<unknown>): Promise<boolean>;
}

export function attempts(): Attempts {
  const trouble = signal<Trouble | undefined>(undefined);
  const isBusy = signal(false);
  return {
    trouble,
    isBusy,
    attempt: async (work) => {
      trouble.value = undefined;
      isBusy.value = true;
      try {
        await work();
        return true;
      } catch (failure) {
        trouble.value = troubleOf(failure);
        return false;
      } finally {
        isBusy.value = false;
      }
    },
  };
}
