/** What a run keeps, wherever that is: files by name, as bytes. */

/** Where the parts of a run lie in its store. Checkpoints and previews have folders of their own. */
export const RUN_FILES = {
  record: "run.json",
  foundation: "foundation.safetensors",
  /** The model that the run started from, until its end. */
  origin: "origin.etude",
  /** The best model so far, among the checkpoints. */
  best: "checkpoints/best.etude",
  /** The finished model. */
  model: "model.etude",
} as const;

export type RunStoreFolder = "checkpoints" | "previews";

/**
 * Names are those of `RUN_FILES`, or a folder and a name in it: "checkpoints/step-00000008.safetensors".
 *
 * Nothing is ever half there: a write that fails, or is cut off, leaves the file as it was.
 */
export interface RunStore {
  /** Where the run is kept, for messages. */
  readonly place: string;
  /** The name of one of its files in messages. */
  pathOf(name: string): string;
  /** @returns A copy that belongs to the caller; undefined where there is no such file. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** @throws UserError that says why it could not be written. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** What is not there is as good as removed. */
  remove(name: string): Promise<void>;
  /** The names of the files in a folder, in no order; with those of others, if they lie there. */
  namesIn(folder: RunStoreFolder): Promise<string[]>;
  /** The length of a file; undefined where there is no such file. */
  bytesOf(name: string): Promise<number | undefined>;
}
