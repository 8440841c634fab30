/** How the runs of sweeps are called among all runs. */

/** @param sweep Name of its folder. @param job 16 hexadecimal digits. */
export function sweepRunId(sweep: string, job: string): string {
  return `${sweep}:${job}`;
}

/** @returns undefined for the id of a run that is of no sweep. */
export function sweepRunOf(
  id: string,
): { readonly sweep: string; readonly job: string } | undefined {
  const [, sweep, job] = /^(.+):([0-9a-f]{16})$/s.exec(id) ?? [];
  return sweep === undefined || job === undefined ? undefined : { sweep, job };
}
