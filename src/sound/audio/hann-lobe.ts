/** The main lobe of a Hann window ends this far from its middle, in bins. */
export const LOBE_BINS = 2;

/**
 * Magnitude of a steady tone in a bin, 1 where the bin lies on its frequency, 0 outside of the main
 * lobe of a Hann window.
 *
 * @param distance Of the bin from the frequency, in bins.
 * @example
 * 20 * Math.log10(hannLobe(1)); // -6.02
 */
export function hannLobe(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1e-3) return 1;
  if (x >= LOBE_BINS) return 0;
  if (Math.abs(x - 1) < 1e-6) return 0.5;
  return Math.sin(Math.PI * x) / (Math.PI * x * (1 - x * x));
}
