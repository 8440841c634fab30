/**
 * The runtime interface; `ort.node.ts` implements it with native code or WebAssembly.
 */

/** Numbers with a shape: what goes into and comes out of a program. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Runtime {
  /** For people: "onnxruntime-node 1.30.0, cpu, 2 threads". */
  readonly description: string;
  readonly kind: "native" | "wasm";
  readonly threads: number;

  /** @param model Bytes from `lower`. */
  compile(model: Uint8Array): Promise<Program>;
}

export interface Program {
  /**
   * Runs once. Inputs are read in place and must not change until the promise settles;
   * outputs are new arrays that belong to the caller.
   */
  run(inputs: { readonly [name: string]: Values }): Promise<{ readonly [name: string]: Values }>;

  release(): Promise<void>;
}
