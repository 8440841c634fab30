/** How fast a training goes here. */

/** The activities that take a run's time. An evaluation measures both sides, after an epoch. */
export type Work = "step" | "evaluation" | "previews" | "saving";

/**
 * Typical milliseconds of each on this machine, where measured. Plain JSON: kept in checkpoints for
 * resumed runs.
 */
export type Pace = { readonly [W in Work]?: number };
