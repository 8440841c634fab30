/**
 * The connections inside a communicator, as NCCL prints them: rings, trees, heads of NVLink SHARP.
 *
 * Source: NCCL 2.29 (`graph/rings.cc`, `graph/trees.cc`, `graph/connect.cc`). Of the channels the
 * first half uses the first of two binary trees over the machines, the second half its mirror
 * image, so that no machine is a leaf of both. Each channel goes into a machine by another card.
 */

import { wide, zeros } from "./formats.ts";
import type { Channels } from "./nccl-channels.ts";
import type { Ranks } from "./nccl-ranks.ts";

const CHANNELS_PER_TREE = 8;
/** NCCL writes a ring into a buffer of 128 bytes, and the trees into one of 1024. */
const RING_LINE_LENGTH = 127;
const TREES_LENGTH = 1023;
const HEAD_NODES_MAX = 20;

/** "Channel 00/16 :  0  7  6 ..." for each channel, as wide as the highest rank. */
export function ringLines(ranks: Ranks, { collective }: Pick<Channels, "collective">): string[] {
  const { worldSize } = ranks;
  const width = String(worldSize - 1).length;
  return Array.from({ length: collective }, (_, channel) => {
    const rank = ringOf(channel, ranks, collective);
    let line = `Channel ${zeros(channel, 2)}/${zeros(collective, 2)} :`;
    for (let i = 0; i < worldSize && line.length < RING_LINE_LENGTH; i += 1)
      line += ` ${wide(rank(i), width)}`;
    const isCut = line.length > RING_LINE_LENGTH;
    return isCut ? `${line.slice(0, RING_LINE_LENGTH - 3)}...` : line;
  });
}

/** Of the cards of an Instinct MI300, each linked with each: no two of these share a link. */
const MESH_RINGS: readonly string[] = [
  "01234567",
  "01234576",
  "02413657",
  "02461735",
  "03152746",
  "03516274",
  "04173625",
];
/** Seven rings and seven the other way round, four times. */
const MESH_CHANNELS = 56;

/** The ring as rank 0 sees it, which comes first. */
function ringOf(channel: number, ranks: Ranks, channels: number): (i: number) => number {
  const { worldSize, nodes, gpusPerNode } = ranks;
  const mesh = MESH_RINGS[channel % MESH_RINGS.length] ?? "";
  if (channels === MESH_CHANNELS && worldSize === mesh.length) {
    const isBackwards = Math.floor(channel / MESH_RINGS.length) % 2 === 1;
    return (i) => Number(mesh[isBackwards && i > 0 ? worldSize - i : i]);
  }
  if (nodes === 1) return (i) => i;
  const ring = { head: headOf(channel, gpusPerNode), worldSize, gpusPerNode };
  return (i) => ringRank(i, ring);
}

interface Ring extends Pick<Ranks, "worldSize" | "gpusPerNode"> {
  readonly head: number;
}

/** Into a machine by the head, down through the cards, and on. */
function ringRank(i: number, { head, worldSize, gpusPerNode }: Ring): number {
  const place = (i + head) % worldSize;
  const inNode = place % gpusPerNode;
  return place - inNode + ((head - inNode + gpusPerNode) % gpusPerNode);
}

export interface Ways {
  /** "P2P/CUMEM" */
  readonly local: string;
  /** How a rank of this machine is named: by its card, or by the bus number of that. */
  localName(rank: number): string;
}

/** How rank 0 reaches its neighbours in the rings, those first that are fewer ranks away. */
export function connectionLines(
  ranks: Ranks,
  { collective }: Pick<Channels, "collective">,
  { local, localName }: Ways,
): string[] {
  const { worldSize, gpusPerNode } = ranks;
  if (worldSize < 2) return [];
  const name = (rank: number): string => cardName(rank, ranks);
  const channels = Array.from({ length: collective }, (_, channel) => {
    const rank = ringOf(channel, ranks, collective);
    return { channel: `Channel ${zeros(channel, 2)}/0`, next: rank(1), last: rank(worldSize - 1) };
  });
  const received = channels.filter(({ last }) => last >= gpusPerNode);
  const sent = channels.filter(({ next }) => next >= gpusPerNode);
  const near = channels.filter(({ next }) => next < gpusPerNode);
  return [
    ...received.map(
      ({ channel, last }) =>
        `${channel} : ${name(last)} -> ${name(0)} [receive] via NET/IB/0/GDRDMA`,
    ),
    ...[...near]
      .sort((a, b) => a.next - b.next)
      .map(
        ({ channel, next }) => `${channel} : ${localName(0)} -> ${localName(next)} via ${local}`,
      ),
    ...sent.map(
      ({ channel, next }) => `${channel} : ${name(0)} -> ${name(next)} [send] via NET/IB/0/GDRDMA`,
    ),
  ];
}

/** "15[7]" */
export function cardName(rank: number, { gpusPerNode, stride = 1 }: Ranks): string {
  return `${rank}[${(rank % gpusPerNode) * stride}]`;
}

/** "Trees [0] 7/32/-1->0->-1 [1] ...": below, rank 0 itself, above, of each channel. */
export function treesLine(ranks: Ranks, { collective }: Pick<Channels, "collective">): string {
  const trees = Array.from({ length: collective }, (_, channel) => {
    const { up, down } = treeOf(channel, ranks, collective);
    const [first = -1, second = -1, third = -1] = down;
    return ` [${channel}] ${first}/${second}/${third}->0->${up}`;
  }).join("");
  return `Trees${collective === MESH_CHANNELS ? trees : trees.slice(0, TREES_LENGTH)}`;
}

interface Tree {
  readonly up: number;
  readonly down: readonly number[];
}

function treeOf(channel: number, ranks: Ranks, channels: number): Tree {
  const { nodes, gpusPerNode } = ranks;
  if (nodes === 1) return oneMachineTree(channel, ranks, channels);
  const head = headOf(channel, gpusPerNode);
  // From the head down through the cards: rank 0 comes `depth` cards after it.
  const depth = head % gpusPerNode;
  const isLast = depth === gpusPerNode - 1;
  const local = isLast ? [] : [gpusPerNode - 1];
  const between = channel < channels / 2 ? binaryTree(nodes, 0) : mirrored(nodes);
  const headIn = (node: number): number => node * gpusPerNode + head;
  const second = (node: number): number => node * gpusPerNode + secondOf(head, gpusPerNode);
  // A machine's first child hangs on its second card, the other child on its head.
  const { first, other, parent, isFirst } = between;
  const hung = gpusPerNode === 1 ? [first, other] : depth === 0 ? [other] : [];
  const down = depth === 1 ? [first] : hung;
  const up = parent < 0 ? -1 : isFirst && gpusPerNode > 1 ? second(parent) : headIn(parent);
  return {
    up: depth === 0 ? up : 1,
    down: [...local, ...down.filter((node) => node >= 0).map(headIn)],
  };
}

/** The ring without its end; where no switch makes all ways alike, every other channel goes back. */
function oneMachineTree(channel: number, ranks: Ranks, channels: number): Tree {
  const { worldSize } = ranks;
  if (worldSize < 2) return { up: -1, down: [] };
  const rank = ringOf(channel, ranks, channels);
  const isMesh = channels === MESH_CHANNELS;
  const isBackwards = isMesh
    ? Math.floor(channel / MESH_RINGS.length) % 2 === 1
    : worldSize < 8 && channel % 2 === 1;
  return isBackwards ? { up: rank(worldSize - 1), down: [] } : { up: -1, down: [rank(1)] };
}

function headOf(channel: number, gpusPerNode: number): number {
  return (channel % CHANNELS_PER_TREE) % gpusPerNode;
}

function secondOf(head: number, gpusPerNode: number): number {
  return (head + gpusPerNode - 1) % gpusPerNode;
}

interface Branch {
  readonly parent: number;
  /** It hangs on its parent as the first of two. */
  readonly isFirst: boolean;
  readonly first: number;
  readonly other: number;
}

/** NCCL's tree of machines: the lowest set bit is the height, and 0 is above all. */
export function binaryTree(nodes: number, node: number): Branch {
  let bit = 1;
  while (bit < nodes && (node & bit) === 0) bit <<= 1;
  if (node === 0)
    return { parent: -1, isFirst: false, first: -1, other: nodes > 1 ? bit >> 1 : -1 };
  const above = (node ^ bit) | (bit << 1);
  const parent = above >= nodes ? node ^ bit : above;
  let step = bit >> 1;
  const first = step === 0 ? -1 : node - step;
  let other = step === 0 ? -1 : node + step;
  while (other >= nodes) {
    other = step === 0 ? -1 : node + step;
    step >>= 1;
  }
  return { parent, isFirst: node < parent, first, other };
}

/** The first machine in the second tree: mirrored, or moved by one where their number is odd. */
function mirrored(nodes: number): Branch {
  const isOdd = nodes % 2 === 1;
  const { parent, isFirst, first, other } = binaryTree(nodes, nodes - 1);
  const back = (node: number): number =>
    node < 0 ? -1 : isOdd ? (node + 1) % nodes : nodes - 1 - node;
  return { parent: back(parent), isFirst, first: back(first), other: back(other) };
}

/** "NVLS Head  0:  0  8 16 24": the rank of each machine that does the sums of a part. */
export function headLines({ nodes, gpusPerNode }: Ranks): string[] {
  if (nodes === 1) return [];
  return Array.from({ length: gpusPerNode }, (_, head) => {
    const ranks = Array.from({ length: Math.min(nodes, HEAD_NODES_MAX) }, (_unused, node) =>
      wide(node * gpusPerNode + head, 2),
    );
    return `NVLS Head ${wide(head, 2)}: ${ranks.join(" ")}`;
  });
}
