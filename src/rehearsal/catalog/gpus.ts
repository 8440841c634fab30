/**
 * Accelerators that a run can be planned for, with what their data sheets say.
 *
 * Rates are dense (no sparsity) and per accelerator; links are one way.
 * `matmulFraction` is the best share of the peak that a matrix multiplication was
 * measured to reach anywhere, not what a training step reaches. Nobody has published one for
 * GB300: it is the GB200's, raised by the root of the ratio of their power limits.
 */

import { UserError } from "../../errors.ts";
import { nearestWord } from "../../suggest.ts";

export type Precision = "bf16" | "fp16" | "fp8";

/** An accelerator, by its data sheet. */
export interface Gpu {
  readonly name: string;
  /** As the driver prints it. */
  readonly driverName: string;
  readonly generation:
    | "volta"
    | "turing"
    | "ampere"
    | "ada"
    | "hopper"
    | "blackwell"
    | "cdna2"
    | "cdna3"
    | "cdna4";
  /** Decimal gigabytes. */
  readonly memoryGb: number;
  /** Terabytes per second. */
  readonly memoryTbPerSecond: number;
  /** What the chip is built for. */
  readonly tdpWatts: number;
  /** The limit that is set; `tdpWatts` unless it was lowered. */
  readonly powerWatts: number;
  readonly idleWatts: number;
  /** Teraflop/s; a precision that is missing cannot be used. */
  readonly peakTflops: Readonly<Partial<Record<Precision, number>>>;
  readonly matmulFraction: number;
  /** Gigabytes per second, one way, to the other accelerators of the fast domain. */
  readonly linkGbPerSecond: number;
  /** Accelerators that share the fast links. */
  readonly linkDomain: number;
  /** Gigabytes per second, one way, of the usual network card per accelerator. */
  readonly nicGbPerSecond: number;
  readonly gpusPerNode: number;
}

type Row = readonly [
  name: string,
  driverName: string,
  generation: Gpu["generation"],
  memory: readonly [gb: number, tbPerSecond: number],
  power: readonly [watts: number, idleWatts: number],
  peak: readonly [fp16: number, bf16: number, fp8: number],
  matmulFraction: number,
  links: readonly [gbPerSecond: number, domain: number, nicGbPerSecond: number],
];

/** A 0 in `peak` means that the chip has no such unit. */
const ROWS: readonly Row[] = [
  // biome-ignore format: a table reads by columns
  ["V100-16", "Tesla V100-SXM2-16GB", "volta", [16, 0.9], [300, 45], [125, 0, 0], 0.8, [150, 8, 3.1]],
  // biome-ignore format: a table reads by columns
  ["V100-32", "Tesla V100-SXM2-32GB", "volta", [32, 0.9], [300, 45], [125, 0, 0], 0.8, [150, 8, 6.25]],
  // biome-ignore format: a table reads by columns
  ["T4", "Tesla T4", "turing", [16, 0.32], [70, 10], [65, 0, 0], 0.5, [12, 4, 1.5]],
  // biome-ignore format: a table reads by columns
  ["A10", "NVIDIA A10", "ampere", [24, 0.6], [150, 20], [125, 125, 0], 0.62, [24, 4, 3.1]],
  // biome-ignore format: a table reads by columns
  ["A40", "NVIDIA A40", "ampere", [48, 0.696], [300, 35], [150, 150, 0], 0.72, [28, 8, 12.5]],
  // biome-ignore format: a table reads by columns
  ["A100-40", "NVIDIA A100-SXM4-40GB", "ampere", [40, 1.555], [400, 55], [312, 312, 0], 0.87, [300, 8, 25]],
  // biome-ignore format: a table reads by columns
  ["A100-80", "NVIDIA A100-SXM4-80GB", "ampere", [80, 2.039], [400, 60], [312, 312, 0], 0.87, [300, 8, 25]],
  // biome-ignore format: a table reads by columns
  ["A100-PCIe-80", "NVIDIA A100 80GB PCIe", "ampere", [80, 1.935], [300, 50], [312, 312, 0], 0.75, [28, 8, 25]],
  // biome-ignore format: a table reads by columns
  ["A800-80", "NVIDIA A800-SXM4-80GB", "ampere", [80, 2.039], [400, 60], [312, 312, 0], 0.87, [200, 8, 25]],
  // biome-ignore format: a table reads by columns
  ["RTX-3090", "NVIDIA GeForce RTX 3090", "ampere", [24, 0.936], [350, 25], [71, 71, 0], 0.85, [28, 2, 1.25]],
  // biome-ignore format: a table reads by columns
  ["RTX-4090", "NVIDIA GeForce RTX 4090", "ada", [24, 1.008], [450, 25], [165, 165, 330], 0.9, [25, 8, 1.25]],
  // biome-ignore format: a table reads by columns
  ["L4", "NVIDIA L4", "ada", [24, 0.3], [72, 14], [121, 121, 242], 0.5, [25, 8, 3.1]],
  // biome-ignore format: a table reads by columns
  ["L40S", "NVIDIA L40S", "ada", [48, 0.864], [350, 35], [362, 362, 733], 0.6, [28, 8, 25]],
  // biome-ignore format: a table reads by columns
  ["H100", "NVIDIA H100 80GB HBM3", "hopper", [80, 3.35], [700, 90], [989, 989, 1979], 0.803, [450, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["H100-96", "NVIDIA H100", "hopper", [96, 2.4], [700, 90], [989, 989, 1979], 0.803, [450, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["H100-PCIe", "NVIDIA H100 PCIe", "hopper", [80, 2.0], [350, 55], [756, 756, 1513], 0.6, [50, 8, 25]],
  // biome-ignore format: a table reads by columns
  ["H100-NVL", "NVIDIA H100 NVL", "hopper", [94, 3.9], [400, 60], [835, 835, 1671], 0.7, [300, 2, 50]],
  // biome-ignore format: a table reads by columns
  ["H800", "NVIDIA H800", "hopper", [80, 3.35], [700, 90], [989, 989, 1979], 0.803, [200, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["H20", "NVIDIA H20", "hopper", [96, 4.0], [500, 75], [148, 148, 296], 0.93, [450, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["H200", "NVIDIA H200", "hopper", [141, 4.8], [700, 95], [989, 989, 1979], 0.803, [450, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["GH200", "NVIDIA GH200 480GB", "hopper", [96, 4.0], [900, 120], [989, 989, 1979], 0.82, [450, 4, 25]],
  // biome-ignore format: a table reads by columns
  ["B200", "NVIDIA B200", "blackwell", [180, 8], [1000, 140], [2250, 2250, 4500], 0.776, [900, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["B300", "NVIDIA B300 SXM6 AC", "blackwell", [288, 8], [1100, 150], [2250, 2250, 4500], 0.786, [900, 8, 100]],
  // biome-ignore format: a table reads by columns
  ["GB200", "NVIDIA GB200", "blackwell", [186, 8], [1200, 160], [2500, 2500, 5000], 0.729, [900, 72, 50]],
  // biome-ignore format: a table reads by columns
  ["GB300", "NVIDIA GB300", "blackwell", [288, 8], [1400, 180], [2500, 2500, 5000], 0.79, [900, 72, 100]],
  // biome-ignore format: a table reads by columns
  ["MI250X", "AMD Instinct MI250X", "cdna2", [128, 3.2], [560, 90], [383, 383, 0], 0.767, [150, 4, 25]],
  // biome-ignore format: a table reads by columns
  ["MI300X", "AMD Instinct MI300X", "cdna3", [192, 5.3], [750, 140], [1307, 1307, 2614], 0.511, [448, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["MI325X", "AMD Instinct MI325X", "cdna3", [256, 6.0], [1000, 150], [1307, 1307, 2614], 0.58, [448, 8, 50]],
  // biome-ignore format: a table reads by columns
  ["MI355X", "AMD Instinct MI355X", "cdna4", [288, 8], [1400, 180], [2500, 2500, 5000], 0.626, [536, 8, 50]],
];

/** Where the fast domain is not the node: two cards on a bridge, or a rack of 18 trays. */
const NODE_SIZES: Readonly<Record<number, number>> = { 2: 8, 72: 4 };

/** All accelerators that a run can be planned for. */
export const GPUS: readonly Gpu[] = ROWS.map((row) => {
  const [name, driverName, generation, memory, power, peak, matmulFraction, links] = row;
  const [fp16, bf16, fp8] = peak;
  return {
    name,
    driverName,
    generation,
    memoryGb: memory[0],
    memoryTbPerSecond: memory[1],
    tdpWatts: power[0],
    powerWatts: power[0],
    idleWatts: power[1],
    peakTflops: { fp16, ...(bf16 ? { bf16 } : {}), ...(fp8 ? { fp8 } : {}) },
    matmulFraction,
    linkGbPerSecond: links[0],
    linkDomain: links[1],
    nicGbPerSecond: links[2],
    gpusPerNode: NODE_SIZES[links[1]] ?? links[1],
  };
});

/** What people call a chip when they do not say which variant; the common one. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  v100: "V100-32",
  a100: "A100-80",
  a800: "A800-80",
  h100sxm: "H100",
  a100pcie: "A100-PCIe-80",
  a100sxm: "A100-80",
  "3090": "RTX-3090",
  "4090": "RTX-4090",
};

/** Parts of a product name that do not tell variants apart. */
const NOISE = /nvidia|amd|instinct|tesla|geforce|sxm[2-6]?|oam|dgx|hgx|nvl72|480gb|hbm\d?e?/g;

/**
 * Finds an accelerator by any usual spelling: "H100", "a100-80", "NVIDIA A100-SXM4-80GB",
 * "H100 (96 GB, 500 W)". A number of watts in the name lowers the power limit.
 *
 * @throws UserError `unknown-gpu` with the names there are.
 */
export function findGpu(spelling: string): Gpu {
  const limit = /(\d{2,4})\s*w(?:atts?)?\b/i.exec(spelling);
  const withoutWatts = limit ? spelling.replace(limit[0], "") : spelling;
  const wanted = squeezed(withoutWatts);
  const found =
    GPUS.find((gpu) => squeezed(gpu.name) === wanted || squeezed(gpu.driverName) === wanted) ??
    GPUS.find((gpu) => gpu.name === SHORT_NAMES[wanted]) ??
    byChipAndMemory(withoutWatts);
  if (!found) throw unknownGpu(spelling);
  const watts = Number(limit?.[1] ?? found.powerWatts);
  return watts === found.powerWatts ? found : { ...found, powerWatts: watts };
}

/** "A100 SXM4 40 GB": the chip by the name's first word, the variant by its memory. */
function byChipAndMemory(spelling: string): Gpu | undefined {
  const memoryGb = Number(/(\d{2,3})\s*gi?b/i.exec(spelling)?.[1]);
  const chip = squeezed(spelling.replace(/\d{2,3}\s*gi?b.*/i, ""));
  const family = GPUS.filter((gpu) => {
    const name = squeezed(gpu.name).replace(/(?<=^(?:v|a|h)\d00)(16|32|40|80|96)$/, "");
    return name === chip;
  });
  if (Number.isNaN(memoryGb)) return family[0];
  return (
    family.find((gpu) => gpu.memoryGb === memoryGb) ??
    (chip.length > 0 && family.length === 1 ? family[0] : undefined)
  );
}

function squeezed(name: string): string {
  const letters = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  // Behind a memory size; an A10G is no A10.
  return letters
    .replace(NOISE, "")
    .replace(/(?<=16|24|32|40|48|80|9[46]|141|18\d|192|256|288)gb?$/, "");
}

function unknownGpu(spelling: string): UserError {
  const near = nearestWord(
    squeezed(spelling),
    GPUS.map(({ name }) => squeezed(name)),
  );
  const meant = GPUS.find(({ name }) => squeezed(name) === near)?.name;
  return new UserError({
    code: "unknown-gpu",
    message: `Cannot use GPU: found ${JSON.stringify(spelling)}, need one of ${GPUS.map((gpu) => gpu.name).join(", ")}`,
    hint:
      meant === undefined
        ? "Use one of these names; a power limit can be added, as in 'H100 500W'."
        : `Did you mean "${meant}"?`,
    exitCode: 2,
  });
}
