/**
 * The runtime interface; `ort.ts` implements it with a build of ONNX Runtime, which a file for each
 * platform loads.
 */

/** Numbers with a shape: what goes into and comes out of a program. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type RuntimeKind = "auto" | "native" | "wasm";

export interface RuntimeOptions {
  /** @default "auto": native where it loads, else WebAssembly */
  readonly kind?: RuntimeKind;
  /** @default 2 */
  readonly threads?: number;
}

/** @throws UserError "runtime-missing" where what was asked for cannot be loaded. */
export type OpenRuntime = (options?: RuntimeOptions) => Promise<Runtime>;

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
