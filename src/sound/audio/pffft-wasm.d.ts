/** The part of the package that we use; it brings no types of its own. */
declare module "@echogarden/pffft-wasm/simd" {
  interface Pffft {
    readonly HEAPF32: Float32Array;
    _pffft_aligned_malloc(bytes: number): number;
    /** @param kind 0: real samples. @returns the setup, 0 where the size cannot be had. */
    _pffft_new_setup(size: number, kind: 0): number;
    /** @param direction 0: forward; 1: backward, times `size`. */
    _pffft_transform_ordered: (
      setup: number,
      input: number,
      output: number,
      work: number,
      direction: 0 | 1,
    ) => void;
  }
  const load: () => Promise<Pffft>;

  export default load;
}
