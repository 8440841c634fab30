/** The separator between consecutive runs. */
export function transitionLines(): string[] {
  return ["", "Starting a new run", ""];
}
