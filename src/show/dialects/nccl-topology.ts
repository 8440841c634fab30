/**
 * Who talks to whom in a communicator, as NCCL prints it: rings, trees, heads of NVLink SHARP.
 *
 * Source: NCCL 2.29 (`graph/rings.cc`, `graph/trees.cc`, `graph/connect.cc`). Of the channels the
 * first half uses the first of two binary trees over the machines, the second half its mirror
 * image, so that no machine is a leaf of both. Each channel goes into a machine by another card.
 */

import { wide, zeros } from "./formats.ts";

export interface Ranks {
  readonly worldSize: number;
  readonly nodes: number;
  readonly gpusPerNode: number;
}

export const CHANNELS = 16;
const CHANNELS_PER_TREE = CHANNELS / 2;
/** NCCL cuts the lists of rings there. */
const RING_LINE_LENGTH = 127;
const HEAD_NODES_MAX = 20;

/** "Channel 00/16 :    0   7   6 ..." for each channel. */
export function ringLines({ worldSize, nodes, gpusPerNode }: Ranks): string[] {
  if (worldSize < 2) return [];
  return Array.from({ length: CHANNELS }, (_, channel) => {
    const head = headOf(channel, gpusPerNode);
    let line = `Channel ${zeros(channel, 2)}/${CHANNELS} :`;
    for (let i = 0; i < worldSize && line.length < RING_LINE_LENGTH; i += 1)
      line += ` ${wide(nodes === 1 ? i : ringRank(i, { head, worldSize, gpusPerNode }), 3)}`;
    return line.slice(0, RING_LINE_LENGTH);
  });
}

interface Ring extends Pick<Ranks, "worldSize" | "gpusPerNode"> {
  readonly head: number;
}

/** The ring as rank 0 sees it: into a machine by the head, down through the cards, and on. */
function ringRank(i: number, { head, worldSize, gpusPerNode }: Ring): number {
  const place = (i + head) % worldSize;
  const inNode = place % gpusPerNode;
  return place - inNode + ((head - inNode + gpusPerNode) % gpusPerNode);
}

/** How rank 0 reaches its neighbours in the rings. @param local "P2P/CUMEM" */
export function connectionLines({ worldSize, nodes, gpusPerNode }: Ranks, local: string): string[] {
  if (worldSize < 2) return [];
  const name = (rank: number): string => `${rank}[${rank % gpusPerNode}]`;
  const channels = Array.from({ length: CHANNELS }, (_, channel) => {
    const ring = { head: headOf(channel, gpusPerNode), worldSize, gpusPerNode };
    const next = nodes === 1 ? 1 : ringRank(1, ring);
    const last = nodes === 1 ? 1 : ringRank(worldSize - 1, ring);
    return { channel: `Channel ${zeros(channel, 2)}/0`, next, last };
  });
  const received = channels.filter(({ last }) => last >= gpusPerNode);
  const sent = channels.filter(({ next }) => next >= gpusPerNode);
  const near = channels.filter(({ next }) => next < gpusPerNode);
  return [
    ...received.map(
      ({ channel, last }) =>
        `${channel} : ${name(last)} -> ${name(0)} [receive] via NET/IB/0/GDRDMA`,
    ),
    ...sent.map(
      ({ channel, next }) => `${channel} : ${name(0)} -> ${name(next)} [send] via NET/IB/0/GDRDMA`,
    ),
    ...near.map(({ channel, next }) => `${channel} : ${name(0)} -> ${name(next)} via ${local}`),
  ];
}

/** "Trees [0] 7/32/-1->0->-1 [1] ...": below, rank 0 itself, above, of each channel. */
export function treesLine(ranks: Ranks): string {
  const trees = Array.from({ length: CHANNELS }, (_, channel) => {
    const { up, down } = treeOf(channel, ranks);
    const [first = -1, second = -1, third = -1] = down;
    return `[${channel}] ${first}/${second}/${third}->0->${up}`;
  });
  return `Trees ${trees.join(" ")}`;
}

interface Tree {
  readonly up: number;
  readonly down: readonly number[];
}

function treeOf(channel: number, { worldSize, nodes, gpusPerNode }: Ranks): Tree {
  if (nodes === 1) return oneMachineTree(channel, worldSize);
  const head = headOf(channel, gpusPerNode);
  // From the head down through the cards: rank 0 comes `depth` cards after it.
  const depth = head % gpusPerNode;
  const isLast = depth === gpusPerNode - 1;
  const local = isLast ? [] : [gpusPerNode - 1];
  const between = channel < CHANNELS_PER_TREE ? binaryTree(nodes, 0) : mirrored(nodes);
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

/** A chain; where no switch makes all ways alike, every other channel goes it backwards. */
function oneMachineTree(channel: number, worldSize: number): Tree {
  if (worldSize < 2) return { up: -1, down: [] };
  const isBackwards = worldSize < 8 && channel % 2 === 1;
  return isBackwards ? { up: worldSize - 1, down: [] } : { up: -1, down: [1] };
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
