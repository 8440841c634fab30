/**
 * The Fourier transform of real samples, for any power of two from 4 up.
 *
 * A plan owns its buffers: fill `samples`, call `forward()`, read `re` and `im`, or the other way
 * round. No allocation after construction. All in 64-bit floats.
 *
 * Method: the samples are packed in pairs into a complex transform of half the size
 * (Stockham's self-sorting order, radix 4), then unpacked by the symmetry of real input.
 * Source: C. Van Loan, "Computational Frameworks for the Fast Fourier Transform", SIAM 1992.
 */

export interface FourierPlan {
  /** Samples per transform, N. */
  readonly size: number;
  /** Shape [N]. Input of `forward`, output of `inverse`. */
  readonly samples: Float64Array;
  /** Real parts of bins 0 to N / 2, shape [N / 2 + 1]. */
  readonly re: Float64Array;
  /** Imaginary parts of bins 0 to N / 2; those of the first and the last are zero. */
  readonly im: Float64Array;
  /** bin[k] = sum over t of samples[t] * exp(-2 pi i k t / N). Keeps `samples`. */
  forward(): void;
  /** The exact inverse, with the factor 1 / N. Keeps `re` and `im`. */
  inverse(): void;
}

/** @throws RangeError if `size` is not a power of two from 4 up. */
export function fourierPlan(size: number): FourierPlan {
  if (!isPowerOfTwo(size) || size < 4) {
    throw new RangeError(
      `Cannot plan a transform of ${size} samples: need a power of two from 4 up`,
    );
  }
  const half = size / 2;
  const samples = new Float64Array(size);
  const re = new Float64Array(half + 1);
  const im = new Float64Array(half + 1);
  const complex = complexTransform(half);
  const [cosine, sine] = turns(size, half / 2 + 1);

  const forward = (): void => {
    const { inRe, inIm, outRe, outIm } = complex;
    for (let i = 0; i < half; i += 1) {
      inRe[i] = samples[2 * i]!;
      inIm[i] = samples[2 * i + 1]!;
    }
    complex.run();
    re[0] = outRe[0]! + outIm[0]!;
    re[half] = outRe[0]! - outIm[0]!;
    im[0] = 0;
    im[half] = 0;
    // Even samples have the spectrum (Z[k] + Z*[n-k]) / 2, odd ones (Z[k] - Z*[n-k]) / 2i.
    for (let k = 1, mirror = half - 1; k <= mirror; k += 1, mirror -= 1) {
      const evenRe = (outRe[k]! + outRe[mirror]!) / 2;
      const evenIm = (outIm[k]! - outIm[mirror]!) / 2;
      const oddRe = (outIm[k]! + outIm[mirror]!) / 2;
      const oddIm = (outRe[mirror]! - outRe[k]!) / 2;
      const turnedRe = oddRe * cosine[k]! - oddIm * sine[k]!;
      const turnedIm = oddRe * sine[k]! + oddIm * cosine[k]!;
      re[k] = evenRe + turnedRe;
      im[k] = evenIm + turnedIm;
      re[mirror] = evenRe - turnedRe;
      im[mirror] = turnedIm - evenIm;
    }
  };

  const inverse = (): void => {
    // The inverse is the forward transform with real and imaginary parts exchanged.
    const { inRe, inIm, outRe, outIm } = complex;
    inIm[0] = (re[0]! + re[half]!) / 2;
    inRe[0] = (re[0]! - re[half]!) / 2;
    for (let k = 1, mirror = half - 1; k <= mirror; k += 1, mirror -= 1) {
      const evenRe = (re[k]! + re[mirror]!) / 2;
      const evenIm = (im[k]! - im[mirror]!) / 2;
      const turnedRe = (re[k]! - re[mirror]!) / 2;
      const turnedIm = (im[k]! + im[mirror]!) / 2;
      const oddRe = turnedRe * cosine[k]! + turnedIm * sine[k]!;
      const oddIm = turnedIm * cosine[k]! - turnedRe * sine[k]!;
      inIm[k] = evenRe - oddIm;
      inRe[k] = evenIm + oddRe;
      inIm[mirror] = evenRe + oddIm;
      inRe[mirror] = oddRe - evenIm;
    }
    complex.run();
    const scale = 1 / half;
    for (let i = 0; i < half; i += 1) {
      samples[2 * i] = outIm[i]! * scale;
      samples[2 * i + 1] = outRe[i]! * scale;
    }
  };

  return { size, samples, re, im, forward, inverse };
}

export function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
}

// --- internal ---

interface ComplexTransform {
  readonly inRe: Float64Array;
  readonly inIm: Float64Array;
  readonly outRe: Float64Array;
  readonly outIm: Float64Array;
  /** Fills `out` from `in`; `in` is used as scratch space. */
  run(): void;
}

/** One pass over all numbers: from one pair of arrays into the other. */
interface Pass {
  readonly length: number;
  readonly stride: number;
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
}

type Planes = readonly [Float64Array, Float64Array];

/** Forward complex transform of `size` numbers, a power of two from 2 up. */
function complexTransform(size: number): ComplexTransform {
  const passes: Pass[] = [];
  let stride = 1;
  for (let length = size; length >= 4; length /= 4, stride *= 4) {
    const [cosine, sine] = turns(length, (3 * length) / 4 + 1);
    passes.push({ length, stride, cosine, sine });
  }
  const pairs = stride < size;
  const passCount = passes.length + (pairs ? 1 : 0);
  const first: Planes = [new Float64Array(size), new Float64Array(size)];
  const second: Planes = [new Float64Array(size), new Float64Array(size)];
  const last = passCount % 2 === 0 ? first : second;

  const run = (): void => {
    let from = first;
    let to = second;
    for (const pass of passes) {
      radix4(pass, from, to);
      [from, to] = [to, from];
    }
    if (pairs) radix2(size, from, to);
  };
  return { inRe: first[0], inIm: first[1], outRe: last[0], outIm: last[1], run };
}

function radix4({ length, stride, cosine, sine }: Pass, from: Planes, to: Planes): void {
  const [xr, xi] = from;
  const [yr, yi] = to;
  const quarter = length / 4;
  const step = quarter * stride;
  for (let p = 0; p < quarter; p += 1) {
    const w1r = cosine[p]!;
    const w1i = sine[p]!;
    const w2r = cosine[2 * p]!;
    const w2i = sine[2 * p]!;
    const w3r = cosine[3 * p]!;
    const w3i = sine[3 * p]!;
    let source = stride * p;
    let target = 4 * source;
    for (let q = 0; q < stride; q += 1, source += 1, target += 1) {
      const source1 = source + step;
      const source2 = source1 + step;
      const source3 = source2 + step;
      const target1 = target + stride;
      const target2 = target1 + stride;
      const target3 = target2 + stride;
      const ar = xr[source]!;
      const ai = xi[source]!;
      const br = xr[source1]!;
      const bi = xi[source1]!;
      const cr = xr[source2]!;
      const ci = xi[source2]!;
      const dr = xr[source3]!;
      const di = xi[source3]!;
      const sumRe = ar + cr;
      const sumIm = ai + ci;
      const gapRe = ar - cr;
      const gapIm = ai - ci;
      const oddSumRe = br + dr;
      const oddSumIm = bi + di;
      const oddGapRe = br - dr;
      const oddGapIm = bi - di;
      yr[target] = sumRe + oddSumRe;
      yi[target] = sumIm + oddSumIm;
      const oneRe = gapRe + oddGapIm;
      const oneIm = gapIm - oddGapRe;
      yr[target1] = oneRe * w1r - oneIm * w1i;
      yi[target1] = oneRe * w1i + oneIm * w1r;
      const twoRe = sumRe - oddSumRe;
      const twoIm = sumIm - oddSumIm;
      yr[target2] = twoRe * w2r - twoIm * w2i;
      yi[target2] = twoRe * w2i + twoIm * w2r;
      const threeRe = gapRe - oddGapIm;
      const threeIm = gapIm + oddGapRe;
      yr[target3] = threeRe * w3r - threeIm * w3i;
      yi[target3] = threeRe * w3i + threeIm * w3r;
    }
  }
}

/** The last pass where the size is not a power of four. */
function radix2(size: number, [xr, xi]: Planes, [yr, yi]: Planes): void {
  const half = size / 2;
  for (let q = 0; q < half; q += 1) {
    const ar = xr[q]!;
    const ai = xi[q]!;
    const br = xr[q + half]!;
    const bi = xi[q + half]!;
    yr[q] = ar + br;
    yi[q] = ai + bi;
    yr[q + half] = ar - br;
    yi[q + half] = ai - bi;
  }
}

/** cos and sin of -2 pi k / size for k from 0 to count - 1. */
function turns(size: number, count: number): [Float64Array, Float64Array] {
  const cosine = new Float64Array(count);
  const sine = new Float64Array(count);
  for (let k = 0; k < count; k += 1) {
    cosine[k] = Math.cos((2 * Math.PI * k) / size);
    sine[k] = -Math.sin((2 * Math.PI * k) / size);
  }
  return [cosine, sine];
}
