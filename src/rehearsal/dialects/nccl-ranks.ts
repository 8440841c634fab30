/** Which ranks a communicator connects. */
export interface Ranks {
  readonly worldSize: number;
  readonly nodes: number;
  /** Of this communicator. */
  readonly gpusPerNode: number;
  /** From one rank of a machine to the next, in its cards. */
  readonly stride?: number;
}
