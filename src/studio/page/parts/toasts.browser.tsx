/** Short notices about what was done, with undo. */

import { type Signal, signal } from "@preact/signals";
import type { JSX } from "preact";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo: (() => Promise<unknown>) | undefined;
}

const SHOWN_MS = 8000;

const toasts: Signal<readonly Toast[]> = signal([]);
let count = 0;

export function say(text: string, undo?: () => Promise<unknown>): void {
  count += 1;
  const toast = { id: count, text, undo };
  toasts.value = [...toasts.value.slice(-3), toast];
  setTimeout(() => drop(toast.id), SHOWN_MS);
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, undo }) => (
        <div class="toast" key={id}>
          <span>{text}</span>
          {undo && (
            <button
              type="button"
              onClick={() => {
                drop(id);
                undo().catch((failure: unknown) => say(String(failure)));
              }}
            >
              Undo
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
