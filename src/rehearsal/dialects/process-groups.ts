/**
 * The names that torch gives to process groups: a number that counts the groups
 * which this process is in, one that counts all that were made, and the framework's own name.
 *
 * Source: torch 2.12 (`device_mesh.py`, `distributed_c10d.py`), Megatron-LM's `parallel_state.py`,
 * torchtitan's `parallel_dims.py`, nanotron's `parallel/context.py`.
 */

import { type Facts, type Sizes, sizesOf } from "./facts.ts";

/** Ranks that hold parts of the same layer's states, or that share its matrices. */
export type GroupKind = "data" | "tensor";

export interface Member {
  readonly kind: GroupKind;
  readonly rank: number;
}

export interface GroupName {
  readonly id: number;
  readonly guid: number;
  /** Nothing where the framework gives none. */
  readonly description?: string;
}

/** How a framework makes groups and what it does in them. */
export interface Grouping {
  name(facts: Facts, member: Member): GroupName;
  /** Parameters whose gradients are summed up at once, where weights are whole. */
  bucket(facts: Facts): number;
}

export const DEFAULT_GROUP: GroupName = { id: 0, guid: 0, description: "default_pg" };

export function prefixOf({ id, guid, description }: GroupName, rank: number): string {
  const described = description === undefined ? "" : `(${description})`;
  return `[PG ID ${id} PG GUID ${guid}${described} Rank ${rank}] `;
}

/** Ranks of a layer's parts are neighbours, then come the replicas, then the stages. */
function placeIn({ tensor, worldSize, pipeline }: Sizes, rank: number): [stage: number, t: number] {
  return [Math.floor(rank / (worldSize / pipeline)), rank % tensor];
}

/** A group of all ranks is the default one; otherwise a mesh makes its groups one after the other. */
export function meshNames(names: Readonly<Record<GroupKind, string>>): Grouping["name"] {
  return (facts, { kind, rank }) => {
    const sizes = sizesOf(facts);
    const { tensor, data, context, worldSize } = sizes;
    const size = kind === "tensor" ? tensor : data * context;
    if (size === worldSize) return DEFAULT_GROUP;
    const [stage, t] = placeIn(sizes, rank);
    if (kind === "data")
      return { id: 1, guid: 1 + stage * tensor + t, description: `mesh_${names.data}` };
    const before = groupsOf(worldSize, data * context);
    const guid = 1 + before + Math.floor(rank / tensor);
    return { id: before > 0 ? 2 : 1, guid, description: `mesh_${names.tensor}` };
  };
}

/** Groups that a dimension of a mesh makes; alone in one, a rank has a group too, but a false one. */
function groupsOf(worldSize: number, size: number): number {
  return size === worldSize ? 0 : worldSize / size;
}

/** torchtitan unfolds all ranks twice, for the data and for the weights. */
export function titanName(facts: Facts, { kind, rank }: Member): GroupName {
  const sizes = sizesOf(facts);
  const { tensor, pipeline, data, context, worldSize } = sizes;
  const isWhole = facts.cluster?.sharding === "none";
  const size = kind === "tensor" ? tensor : data * context;
  if (size === worldSize) return DEFAULT_GROUP;
  const weights = isWhole ? [data * context, 1] : [1, data * context];
  const before = [pipeline, data, context, tensor, data * context, pipeline];
  if (kind === "tensor") before.push(...weights);
  else if (!isWhole) before.push(1);
  const [stage, t] = placeIn(sizes, rank);
  const index = kind === "tensor" ? Math.floor(rank / tensor) : stage * tensor + t;
  const made = before.map((one) => groupsOf(worldSize, one));
  return {
    id: 1 + before.filter((one) => one > 1 && one < worldSize).length,
    guid: 1 + index + made.reduce((sum, one) => sum + one, 0),
    description: `mesh_${kind === "tensor" ? "tp" : isWhole ? "dp_replicate" : "fsdp"}`,
  };
}

/** Megatron's groups of replicas come twice, for NCCL and for gloo, and before all others. */
export function megatronName(facts: Facts, { kind, rank }: Member): GroupName {
  const sizes = sizesOf(facts);
  const { tensor, pipeline, data, context, worldSize } = sizes;
  const [stage, t] = placeIn(sizes, rank);
  if (kind === "data")
    return {
      id: 1,
      guid: 1 + 2 * (stage * tensor + t),
      description: "DATA_PARALLEL_GROUP_WITH_CP",
    };
  const replicas = 2 * pipeline * tensor * (1 + context);
  const before = replicas + worldSize / context + data * context;
  return {
    id: 5,
    guid: 1 + before + Math.floor(rank / tensor),
    description: "TENSOR_MODEL_PARALLEL_GROUP",
  };
}

/** DeepSpeed copies the group of all ranks, and gives the copy no name. */
export function deepspeedName(): GroupName {
  return { id: 1, guid: 1 };
}

/** nanotron copies it too, then makes one for each machine, and none twice. */
export function nanotronName(facts: Facts, { kind, rank }: Member): GroupName {
  const sizes = sizesOf(facts);
  const { tensor, pipeline, data, context, worldSize, gpusPerNode, nodes } = sizes;
  const [stage, t] = placeIn(sizes, rank);
  const isNode = (size: number): boolean => size === gpusPerNode;
  if (isNode(kind === "tensor" ? tensor : data * context) && (kind === "tensor" || tensor === 1))
    return { id: 2, guid: 2 + Math.floor(rank / gpusPerNode) };
  if (kind === "tensor") return { id: 3, guid: 2 + nodes + Math.floor(rank / tensor) };
  const tensorGroups = isNode(tensor) ? 0 : worldSize / tensor;
  const contextGroups = context === tensor ? 0 : worldSize / context;
  return {
    id: 3 + (tensorGroups > 0 ? 1 : 0) + (contextGroups > 0 ? 1 : 0),
    guid: 2 + nodes + tensorGroups + contextGroups + t * pipeline + stage,
  };
}
