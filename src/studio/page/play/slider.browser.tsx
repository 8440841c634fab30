/** A native range input with its name and its value in words. */

import type { JSX } from "preact";

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value in words. */
  readonly text: string;
  onChange(value: number): void;
}

export function Slider({ label, text, onChange, ...range }: SliderProps): JSX.Element {
  return (
    <label class="slider">
      <span>{label}</span>
      <output class="number">{text}</output>
      <input
        type="range"
        {...range}
        aria-label={label}
        aria-valuetext={text}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
    </label>
  );
}
