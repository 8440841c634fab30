/** Completions of option values, from the catalogues. */

import type { SuggestionList } from "../options/spec.ts";
import { GPUS } from "../rehearsal/catalog/gpus.ts";
import { MODELS } from "../rehearsal/catalog/models.ts";
import { INCIDENT_NAMES } from "../rehearsal/incidents/library.ts";
import { EXPORT_FORMATS } from "../show/metrics/formats.ts";

export type SuggestionWords = { readonly [L in SuggestionList]: readonly string[] };

/** Complete by construction: a list without words is a compile error. */
export const suggestionWords: SuggestionWords = {
  "export-formats": Object.keys(EXPORT_FORMATS),
  gpus: GPUS.map(({ name }) => name),
  incidents: INCIDENT_NAMES,
  // Joke entries are not suggested.
  models: MODELS.filter(({ isFunny }) => isFunny !== true).map(({ name }) => name),
};
