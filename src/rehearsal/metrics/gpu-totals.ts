/**
 * What only grows on a GPU, added up from samples: energy, and bytes over its links.
 *
 * Between two samples a rate is taken to change evenly (the trapezoidal rule), also where a GPU
 * was not shown for a while. From when it is first seen: what was before is not known.
 */

export interface GpuRates {
  readonly watts: number;
  /** Sent and received. */
  readonly linkBytesPerSecond: number;
}

export interface GpuTotals {
  readonly energyMillijoules: number;
  readonly linkBytes: number;
}

export interface Totals {
  /** @param key Of the GPU. */
  add(key: string, atMs: number, rates: GpuRates): void;
  of(key: string): GpuTotals;
  /** It was switched off. */
  forget(keys: (key: string) => boolean): void;
}

interface Counted extends GpuTotals {
  readonly atMs: number;
  readonly rates: GpuRates;
}

const NOTHING: GpuTotals = { energyMillijoules: 0, linkBytes: 0 };

export function countTotals(): Totals {
  const counted = new Map<string, Counted>();
  return {
    add(key, atMs, rates) {
      const before = counted.get(key) ?? { ...NOTHING, atMs, rates };
      const passedMs = Math.max(0, atMs - before.atMs);
      const watts = (before.rates.watts + rates.watts) / 2;
      const linkRate = (before.rates.linkBytesPerSecond + rates.linkBytesPerSecond) / 2;
      counted.set(key, {
        atMs,
        rates,
        energyMillijoules: before.energyMillijoules + watts * passedMs,
        linkBytes: before.linkBytes + (linkRate * passedMs) / 1000,
      });
    },
    of: (key) => counted.get(key) ?? NOTHING,
    forget(isGone) {
      for (const key of counted.keys()) if (isGone(key)) counted.delete(key);
    },
  };
}
