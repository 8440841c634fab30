/** Clocks of NVIDIA's accelerators, and how far the one that computes falls under load. */

import type { Gpu } from "../catalog/gpus.ts";

/** All in megahertz. */
export interface Clocks {
  /** The highest that it runs at. */
  readonly most: number;
  /** The one that its peak rate is stated for. */
  readonly rated: number;
  /** Without a process. */
  readonly idle: number;
  readonly memory: number;
  /** The memory reports its temperature. */
  readonly stacked: boolean;
}

type Row = readonly [most: number, rated: number, idle: number, memory: number];

/**
 * As nvidia-smi shows them, from memory. Rated: peak bf16 (or fp16) rate over multiply-adds per
 * cycle. GB300 and GH200 as GB200 and H100.
 */
const STACKED: Readonly<Record<string, Row>> = {
  "V100-16": [1530, 1530, 135, 877],
  "V100-32": [1530, 1530, 135, 877],
  "A100-40": [1410, 1410, 210, 1215],
  "A100-80": [1410, 1410, 210, 1593],
  "A100-PCIe-80": [1410, 1410, 210, 1512],
  "A800-80": [1410, 1410, 210, 1593],
  H100: [1980, 1830, 345, 2619],
  "H100-96": [1980, 1830, 345, 1563],
  "H100-PCIe": [1755, 1620, 345, 1593],
  "H100-NVL": [1785, 1545, 345, 2619],
  H800: [1980, 1830, 345, 2619],
  H20: [1980, 1830, 345, 2619],
  H200: [1980, 1830, 345, 3201],
  GH200: [1980, 1830, 345, 2619],
  B200: [1965, 1856, 120, 3996],
  B300: [1965, 1856, 120, 3996],
  GB200: [2062, 2062, 120, 3996],
  GB300: [2062, 2062, 120, 3996],
};

const ON_THE_BOARD: Readonly<Record<string, Row>> = {
  T4: [1590, 1590, 300, 5001],
  A10: [1695, 1695, 210, 6251],
  A40: [1740, 1740, 210, 7251],
  "RTX-3090": [1695, 1695, 210, 9751],
  "RTX-4090": [2520, 2520, 210, 10_501],
  L4: [2040, 2040, 210, 6251],
  L40S: [2520, 2490, 210, 9001],
};

/** Undefined for makers that have no such telemetry. */
export function clocksOf({ name }: Pick<Gpu, "name">): Clocks | undefined {
  const stacked = Object.hasOwn(STACKED, name);
  const row = stacked ? STACKED[name] : ON_THE_BOARD[name];
  if (row === undefined) return undefined;
  const [most, rated, idle, memory] = row;
  return { most, rated, idle, memory, stacked };
}

/** Below this share of its power a GPU keeps its highest clock. Assumed. */
const FREE_SHARE = 0.35;
/** An H100 that trains runs at about 1.7 of 1.98 GHz. */
const FALL = 0.25;
/** Of the highest clock, however little power is left. Assumed. */
const LEAST_SHARE = 0.3;
/** Clocks are set in steps. */
const STEP_MHZ = 15;

/**
 * The clock at which it stays within its limit.
 *
 * @param demand What it would draw at the highest clock; 0 idle, 1 the limit.
 */
export function clockUnder({ most }: Clocks, demand: number): number {
  return most * Math.max(LEAST_SHARE, 1 - FALL * Math.max(0, demand - FREE_SHARE));
}

export function steppedMhz({ most, idle }: Clocks, mhz: number): number {
  return Math.max(idle, most - STEP_MHZ * Math.round((most - mhz) / STEP_MHZ));
}
