/** Log lines of the job supervisor, above launcher and framework, about its machines. */

import type { ClusterMessage } from "../../events/cluster.ts";
import type { Json } from "../../json.ts";
import { hostName } from "./hosts.ts";

export function supervised({ code, node, values = {} }: ClusterMessage): string {
  const host = node === undefined ? "a node" : hostName(node);
  if (code === "node-drained") return `drain ${host}`;
  if (code === "node-returned")
    return `${host} is repaired, nodes that wait to join: ${Number(values["spares"] ?? 0)}`;
  if (code === "spares-exhausted") return "no spare left, go on with whole replicas only";
  if (code === "resharding") return resizedText(values);
  if (code === "node-joined")
    return `replace by ${host}, ${Number(values["spares"] ?? 0)} spares left`;
  return `maintenance on ${host} in ${Number(values["minutes"] ?? 0)} min, job will be requeued`;
}

function resizedText(values: { readonly [key: string]: Json }): string {
  const change = (name: string): string => `${values[`${name}Before`]} -> ${values[name]}`;
  const batch =
    values["globalBatch"] === values["globalBatchBefore"]
      ? ""
      : `, global batch ${change("globalBatch")}`;
  return `${values["nodes"]} nodes, ${values["idleNodes"]} idle: world size ${change("worldSize")}, data parallel ${change("dataParallel")}${batch}`;
}
