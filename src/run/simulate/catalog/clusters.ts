/** Machines to run on when nobody names one: sizes that people have, with their network. */

export interface Cluster {
  readonly name: string;
  /** A name that `findGpu` knows. */
  readonly gpu: string;
  readonly gpuCount: number;
  readonly network: string;
  /** What the shared storage takes, in gigabytes per second over all nodes. */
  readonly storageGbPerSecond: number;
}

type Row = readonly [
  name: string,
  gpu: string,
  gpuCount: number,
  network: string,
  storageGbPerSecond: number,
];

const ROWS: readonly Row[] = [
  ["under-the-desk", "RTX-4090", 2, "none", 3],
  ["lab-bench", "RTX-3090", 4, "none", 3],
  ["one-box", "A100-80", 8, "none", 8],
  ["two-boxes", "H100", 16, "InfiniBand NDR", 16],
  ["institute", "V100-32", 64, "InfiniBand EDR", 20],
  ["department", "A100-40", 128, "InfiniBand HDR", 60],
  ["start-up", "H100", 256, "InfiniBand NDR", 100],
  ["public-computer", "A100-80", 384, "InfiniBand HDR", 62],
  ["red-team-blue-team", "MI300X", 512, "RoCE 400G", 150],
  ["rack-row", "GB200", 576, "InfiniBand NDR", 300],
  ["regional", "H100", 1024, "InfiniBand NDR", 250],
  ["frugal-lab", "H800", 2048, "InfiniBand NDR", 400],
  ["provider", "H200", 4096, "RoCE 400G", 800],
  ["campus", "B200", 8192, "InfiniBand NDR", 1500],
  ["flagship", "H100", 16384, "RoCE 400G", 2000],
  ["gigafactory", "GB300", 32768, "InfiniBand XDR", 4000],
];

export const CLUSTERS: readonly Cluster[] = ROWS.map(
  ([name, gpu, gpuCount, network, storageGbPerSecond]) => ({
    name,
    gpu,
    gpuCount,
    network,
    storageGbPerSecond,
  }),
);
