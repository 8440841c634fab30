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

/** What a training is asked to compute on: "auto" is the GPU where it is right and faster. */
export type DeviceWish = RuntimeKind | "gpu";

/** Which runtime is opened. */
export interface RuntimeOptions {
  /** @default "auto": native where it loads, else WebAssembly */
  readonly kind?: RuntimeKind;
  /** @default 2 */
  readonly threads?: number;
}

/** @throws UserError "runtime-missing" where what was asked for cannot be loaded. */
export type OpenRuntime = (options?: RuntimeOptions) => Promise<Runtime>;

/** @throws UserError "gpu-missing" where there is none that the runtime can use. */
export type OpenGpu = () => Promise<Runtime>;

/** What compiles and runs graphs. */
export interface Runtime {
  /** For people: "onnxruntime-node 1.30.0, cpu, 2 threads". */
  readonly description: string;
  readonly kind: "native" | "wasm";
  /** Of the processor. */
  readonly threads: number;
  /** Present where a GPU computes, which has a memory of its own. */
  readonly device?: DeviceMemory;

  /** @param model Bytes from `lower`. */
  compile(model: Uint8Array): Promise<Program>;
}

/** For programs whose results feed the next run, so that they need not leave the device. */
export interface DeviceMemory {
  /**
   * @param model Bytes from `lower`.
   * @param kept Names of the outputs that stay.
   */
  compile(model: Uint8Array, kept: readonly string[]): Promise<DeviceProgram>;
}

/** Numbers that lie in the memory of a device. */
export interface Kept {
  readonly shape: readonly number[];
  read(): Promise<Float32Array>;
  /** Frees its memory; it cannot be used any more. */
  release(): void;
}

export interface DeviceProgram {
  /** Like `Program.run`. What is kept belongs to the caller, who releases it. */
  run(inputs: { readonly [name: string]: Values | Kept }): Promise<{
    readonly values: { readonly [name: string]: Values };
    readonly kept: { readonly [name: string]: Kept };
  }>;

  release(): Promise<void>;
}

/** A compiled graph. */
export interface Program {
  /**
   * Runs once. Inputs are read in place and must not change until the promise settles;
   * outputs are new arrays that belong to the caller.
   */
  run(inputs: { readonly [name: string]: Values }): Promise<{ readonly [name: string]: Values }>;

  release(): Promise<void>;
}
