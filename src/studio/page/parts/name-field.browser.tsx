/** A name that is changed in its place. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

export interface NameFieldProps {
  readonly name: string;
  readonly label: string;
  readonly maxLength: number;
  /** @default "rename" */
  readonly class?: string;
  /** @param wish What was typed, not empty and another name. */
  onRename(wish: string): Promise<unknown>;
}

/**
 * What is typed stays while everything around it is drawn anew; when it is done, the name shows that
 * it has by then.
 */
export function NameField({
  name,
  label,
  maxLength,
  onRename,
  ...props
}: NameFieldProps): JSX.Element {
  const typed = useSignal<string | undefined>(undefined);
  const done = async (wish: string): Promise<void> => {
    if (wish !== "" && wish !== name) await onRename(wish);
    typed.value = undefined;
  };
  return (
    <input
      class={props.class ?? "rename"}
      aria-label={label}
      value={typed.value ?? name}
      maxLength={maxLength}
      onInput={({ currentTarget: { value } }) => {
        typed.value = value;
      }}
      onKeyDown={({ key, currentTarget }) => {
        if (key === "Enter") currentTarget.blur();
      }}
      onBlur={({ currentTarget: { value } }) => void done(value.trim())}
    />
  );
}
