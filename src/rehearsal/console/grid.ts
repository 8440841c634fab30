/** The GPUs of a cluster, node by node, in as many columns as there are. */

import type { ClusterStatus, GpuStatus, NodeStatus } from "../../events/cluster.ts";
import type { Colours } from "../../show/draw/colours.ts";
import { padEnd, padStart } from "../../show/draw/width.ts";

export interface GridOptions {
  readonly width: number;
  readonly colours: Colours;
  readonly unicode: boolean;
}

type Health = "good" | "warning" | "bad";

const WARM_C = 75;
const HOT_C = 85;
const FULL_SHARE = 0.96;
const OVERFULL_SHARE = 0.985;

/** Below this width a node is one line. */
const COMPACT_BELOW = 100;
/** Below this width it is a short line. */
const SHORT_BELOW = 60;
/** Of "node" and its number, and of "n" and its number where a line is short. */
const LABEL_WIDTH = 10;
const SHORT_LABEL_WIDTH = 6;
const AWAY_SHOWN = 4;

/** Nothing is said by colour alone: each health has its own sign. */
const SIGNS = { good: ["●", "*"], warning: ["▲", "!"], bad: ["×", "x"] } as const;

export function gridLines(status: ClusterStatus, options: GridOptions): string[] {
  const { width } = options;
  const lines = status.nodes.flatMap((node) => {
    if (node.idle) return [idleLine(node, options)];
    return width < COMPACT_BELOW
      ? [compactLine(node, status, options)]
      : nodeLines(node, status, options);
  });
  return [...lines, ...awayLines(status, options)];
}

/** "node 15   - idle, 33-35C, 88-93W" */
function idleLine(node: NodeStatus, { width, colours, unicode }: GridOptions): string {
  const { gpus } = node;
  const temperatures = gpus.map(({ temperatureC }) => Math.round(temperatureC));
  const powers = gpus.map(({ powerWatts }) => Math.round(powerWatts));
  const figures = `${range(temperatures)}${unicode ? "°" : "C"}, ${range(powers)}W`;
  const text = `${unicode ? "○" : "-"} idle${width < SHORT_BELOW ? "" : `, ${figures}`}`;
  return `${nodeLabel(node, labelWidth(width))}${colours.quiet(text)}`;
}

/** Machines that the job does without. */
function awayLines(
  { nodesInRepair = [] }: ClusterStatus,
  { width, colours, unicode }: GridOptions,
): string[] {
  const shown = nodesInRepair.slice(0, AWAY_SHOWN);
  const more = nodesInRepair.length - shown.length;
  const text = colours.warning(`${unicode ? "×" : "x"} in repair`);
  const lines = shown.map((node) => `${nodeLabel({ node }, labelWidth(width))}${text}`);
  return more > 0 ? [...lines, colours.quiet(`${more} more in repair`)] : lines;
}

function labelWidth(width: number): number {
  return width < SHORT_BELOW ? SHORT_LABEL_WIDTH : LABEL_WIDTH;
}

function range(values: readonly number[]): string {
  return `${Math.min(...values)}-${Math.max(...values)}`;
}

export function healthOf(gpu: GpuStatus, memoryBytesTotal: number): Health {
  const share = gpu.memoryBytes / memoryBytesTotal;
  if (gpu.temperatureC > HOT_C || share > OVERFULL_SHARE) return "bad";
  return gpu.temperatureC > WARM_C || share > FULL_SHARE ? "warning" : "good";
}

/** "●0 99% 63C 632W 73/80G 91%", as many in a row as fit. */
function nodeLines(node: NodeStatus, status: ClusterStatus, options: GridOptions): string[] {
  const label = nodeLabel(node, LABEL_WIDTH);
  const total = status.memoryBytesTotal;
  const wide = cellsInRow(options.width - label.length, LONG_CELL);
  const isLong = wide >= Math.min(4, node.gpus.length);
  const memory = (bytes: number): string => `${gigabytes(bytes)}/${gigabytes(total)}G`;
  const each = isLong ? wide : cellsInRow(options.width - label.length, SHORT_CELL);
  const cells = node.gpus.map((gpu, index) => {
    const sign = signOf([gpu], total, options);
    const watts = `${padStart(String(Math.round(gpu.powerWatts)), 4)}W`;
    const figures = `${percent(gpu.utilisation)} ${degrees(gpu.temperatureC, options)} ${watts}`;
    const share = percent(gpu.memoryBytes / total);
    // Where there is little room, the place of a GPU tells its number.
    return isLong
      ? padEnd(`${sign}${index} ${figures} ${memory(gpu.memoryBytes)} ${share}`, LONG_CELL - 1)
      : padEnd(`${sign}${figures} ${share}`, SHORT_CELL - 1);
  });
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += each) {
    const lead = i === 0 ? label : " ".repeat(label.length);
    lines.push(`${lead}${cells.slice(i, i + each).join(" ")}`.trimEnd());
  }
  return lines;
}

const LONG_CELL = 33;
const SHORT_CELL = 21;

function cellsInRow(columns: number, cell: number): number {
  const room = Math.floor((columns + 1) / cell);
  return [8, 4, 2].find((count) => count <= room) ?? 1;
}

/** "node 0    ●●●●●●●●  99%  60-66C  606-639W  73/80G 91%" */
function compactLine(node: NodeStatus, status: ClusterStatus, options: GridOptions): string {
  const { width } = options;
  const { gpus } = node;
  const total = status.memoryBytesTotal;
  const signs = gpus.map((gpu) => signOf([gpu], total, options)).join("");
  const temperatures = gpus.map(({ temperatureC }) => temperatureC);
  const powers = gpus.map(({ powerWatts }) => powerWatts);
  const used = Math.max(...gpus.map(({ memoryBytes }) => memoryBytes));
  const busy = percent(mean(gpus.map(({ utilisation }) => utilisation)));
  if (width < SHORT_BELOW) {
    const hottest = degrees(Math.max(...temperatures), options);
    const watts = `${padStart(String(Math.round(mean(powers))), 4)}W`;
    return `${padEnd(`n${node.node}`, 5)} ${signs} ${busy} ${hottest} ${watts} ${percent(used / total)}`;
  }
  const range = `${Math.round(Math.min(...temperatures))}-${degrees(Math.max(...temperatures), options).trim()}`;
  const watts = `${Math.min(...powers)}-${Math.max(...powers)}W`;
  const memory = `${gigabytes(used)}/${gigabytes(total)}G ${percent(used / total)}`;
  return `${nodeLabel(node, LABEL_WIDTH)}${signs}  ${busy}  ${padEnd(range, 7)} ${padEnd(watts, 10)} ${memory}`;
}

function signOf(
  gpus: readonly GpuStatus[],
  memoryBytesTotal: number,
  { colours, unicode }: GridOptions,
): string {
  return gpus
    .map((gpu) => {
      const health = healthOf(gpu, memoryBytesTotal);
      return colours[health](SIGNS[health][unicode ? 0 : 1]);
    })
    .join("");
}

function nodeLabel({ node }: Pick<NodeStatus, "node">, width: number): string {
  return padEnd(width < LABEL_WIDTH ? `n${node}` : `node ${node}`, width);
}

function percent(share: number): string {
  return `${padStart(String(Math.round(share * 100)), 3)}%`;
}

function degrees(celsius: number, { unicode }: GridOptions): string {
  return `${padStart(String(Math.round(celsius)), 2)}${unicode ? "°" : "C"}`;
}

function gigabytes(bytes: number): string {
  return String(Math.round(bytes / 1e9));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
