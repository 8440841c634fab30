/** Units of the figures of a run. */

export const MEBIBYTE: number = 2 ** 20;
export const GIBIBYTE: number = 2 ** 30;
export const MINUTE_SECONDS = 60;
export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 86_400;
export const DAY_MS: number = 1000 * DAY_SECONDS;
