/** A recording that was judged, or why it could not be. */

import type { DecodeFailure } from "../audio/codecs/decode-outcome.ts";
import type { QualityReport } from "../audio/quality/quality-types.ts";

export interface JudgedFile extends QualityReport {
  /** As it was given, or within the folder that was given. */
  readonly path: string;
}

export interface UnreadFile {
  readonly path: string;
  /** Why it could not be read. */
  readonly failure: DecodeFailure;
}
