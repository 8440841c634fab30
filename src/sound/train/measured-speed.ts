/** Plain JSON: kept in a file, and sent to the training thread. */
export interface KnownSpeed {
  /** Its description, threads included: "onnxruntime-node 1.30.0, cpu, 2 threads". */
  readonly runtime: string;
  /** See `recipeKey`. */
  readonly recipe: string;
  /** Examples of a step. */
  readonly batchSize: number;
  /** Median of steps, making the examples included if a run measured it. */
  readonly stepMs: number;
}
