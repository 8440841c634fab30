/** Sines and what can be measured of them: an oracle for everything that must not change a tone. */

export interface Tone {
  readonly hz: number;
  readonly rateHz: number;
  /** In samples. */
  readonly length: number;
  /** @default 0.5 */
  readonly amplitude?: number;
}

export function sine({ hz, rateHz, length, amplitude = 0.5 }: Tone): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz + 0.3),
  );
}

export interface SineFit {
  readonly amplitude: number;
  /** Power of the sine over the power of everything else, in dB. */
  readonly snrDb: number;
}

/** Fits a sine of a known frequency to the middle four fifths of a signal, by least squares. */
export function fitSine(samples: Float32Array, hz: number, rateHz: number): SineFit {
  const first = Math.floor(samples.length / 10);
  const middle = samples.subarray(first, samples.length - first);
  const angle = (i: number) => (2 * Math.PI * hz * i) / rateHz;
  let [ss, cc, sc, ys, yc] = [0, 0, 0, 0, 0];
  for (const [i, y] of middle.entries()) {
    const [s, c] = [Math.sin(angle(i)), Math.cos(angle(i))];
    ss += s * s;
    cc += c * c;
    sc += s * c;
    ys += y * s;
    yc += y * c;
  }
  const determinant = ss * cc - sc * sc;
  const a = (ys * cc - yc * sc) / determinant;
  const b = (yc * ss - ys * sc) / determinant;
  let rest = 0;
  for (const [i, y] of middle.entries()) {
    rest += (y - a * Math.sin(angle(i)) - b * Math.cos(angle(i))) ** 2;
  }
  const amplitude = Math.hypot(a, b);
  const snrDb = 10 * Math.log10((amplitude ** 2 * middle.length) / 2 / rest);
  return { amplitude, snrDb };
}
