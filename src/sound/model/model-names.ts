/**
 * The names of the architectures, with a summary for `--help`. Their table is kinds.ts; the names
 * are separate so that the command line loads without any graph code.
 *
 * For a name added here the compiler demands a row there.
 */

export const modelSummaries = {
  spectral: "short groups of whole spectra, with all their detail",
  mel: "pictures of about a second in 128 bands, the baseline to compare with",
} as const;

export type ModelName = keyof typeof modelSummaries;

/** The default first. */
export const modelNames = Object.keys(modelSummaries) as readonly ModelName[];

export const defaultModel: ModelName = "spectral";
