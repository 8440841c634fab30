/** What stands between two runs that are shown one after the other. */
export function transitionLines(): string[] {
  return ["", "Starting a new run", ""];
}
