/**
 * Fourier transforms in 32-bit floats for loops that need thousands of them.
 *
 * Two implementations of one interface: WebAssembly with SIMD (PFFFT, four times as fast), and our
 * own transform where that cannot load. They agree to single precision, not bit by bit.
 */

import { fourierPlan } from "./fft.ts";

export interface PackedPlan {
  /** Samples per transform, N. */
  readonly size: number;
  /** Shape [N]. Input of `forward`, output of `inverse`. */
  readonly samples: Float32Array;
  /** Shape [N]: bin 0, bin N / 2 (both real), then re and im of bins 1 to N / 2 - 1 in turn. */
  readonly packed: Float32Array;
  forward(): void;
  /** The inverse times N. */
  inverse(): void;
}

/**
 * The fastest plan available. All on a thread share it: fill, transform and read it without waiting
 * in between.
 *
 * @param size A power of two; the fast one starts at 32.
 */
export function fastPlan(size: number): Promise<PackedPlan> {
  // To begin one takes 7 ms, and a sound of ten gestures asks ten times.
  const plan = opened.get(size) ?? openPlan(size);
  opened.set(size, plan);
  return plan;
}

/** Our own transform behind the same interface. */
export function portablePlan(size: number): PackedPlan {
  const plan = fourierPlan(size);
  const samples = new Float32Array(size);
  const packed = new Float32Array(size);
  const half = size / 2;
  return {
    size,
    samples,
    packed,
    forward() {
      plan.samples.set(samples);
      plan.forward();
      packed[0] = plan.re[0]!;
      packed[1] = plan.re[half]!;
      for (let bin = 1; bin < half; bin += 1) {
        packed[2 * bin] = plan.re[bin]!;
        packed[2 * bin + 1] = plan.im[bin]!;
      }
    },
    inverse() {
      // The plan divides by N, this interface does not.
      plan.re[0] = packed[0]! * size;
      plan.re[half] = packed[1]! * size;
      for (let bin = 1; bin < half; bin += 1) {
        plan.re[bin] = packed[2 * bin]! * size;
        plan.im[bin] = packed[2 * bin + 1]! * size;
      }
      plan.inverse();
      samples.set(plan.samples);
    },
  };
}

// --- internal ---

const BYTES_PER_SAMPLE = 4;

const opened = new Map<number, Promise<PackedPlan>>();

async function openPlan(size: number): Promise<PackedPlan> {
  if (size < FAST_SIZE_LEAST) return portablePlan(size);
  try {
    return await wasmPlan(size);
  } catch {
    // No WebAssembly with SIMD here, or a bundle without the binary: slower, otherwise the same.
    return portablePlan(size);
  }
}

/** Asked for less, PFFFT prints a message and aborts. */
const FAST_SIZE_LEAST = 32;

async function wasmPlan(size: number): Promise<PackedPlan> {
  const { default: load } = await import("@echogarden/pffft-wasm/simd");
  // An instance for each plan: its memory goes when the plan goes.
  const pffft = await load();
  const setup = pffft._pffft_new_setup(size, 0);
  if (setup === 0) throw new RangeError(`Cannot plan a fast transform of ${size} samples`);
  const [input, output, work] = [0, 0, 0].map(() =>
    pffft._pffft_aligned_malloc(size * BYTES_PER_SAMPLE),
  ) as [number, number, number];
  const view = (address: number): Float32Array =>
    new Float32Array(pffft.HEAPF32.buffer, address, size);
  return {
    size,
    samples: view(input),
    packed: view(output),
    forward: () => pffft._pffft_transform_ordered(setup, input, output, work, 0),
    inverse: () => pffft._pffft_transform_ordered(setup, output, input, work, 1),
  };
}
