/** Wording of the messages of a cluster. A code without wording is printed as it is. */

import type { ClusterMessage } from "../../events/cluster.ts";
import type { Json } from "../../json.ts";
import { plainText } from "../../show/draw/width.ts";
import {
  formatBytes,
  formatCount,
  formatFixed,
  formatGigabytes,
  formatPercent,
  formatQuantity,
  formatSeconds,
} from "../../show/numbers.ts";

type Words = (values: Values) => string;

interface Values {
  number(key: string): number;
  text(key: string): string;
}

const XID_WORDS: Readonly<Record<number, string>> = {
  13: "graphics engine exception",
  31: "memory page fault",
  43: "GPU stopped processing",
  45: "preemptive cleanup",
  48: "double-bit ECC error",
  63: "row remapper: new row marked for remapping, reset GPU to activate",
  64: "row remapper failure",
  74: "NVLink error",
  79: "GPU has fallen off the bus",
  94: "contained ECC error",
  95: "uncontained ECC error",
  119: "timeout waiting for RPC from GSP",
};

const WORDS: Readonly<Record<string, Words>> = {
  "weights-loaded": (v) => `weights loaded in ${formatFixed(v.number("seconds"), 1)} s`,
  "weights-initialised": (v) =>
    `weights initialised at random in ${formatFixed(v.number("seconds"), 1)} s`,
  "tokenizer-ready": (v) =>
    `tokenizer ${v.text("name")}, vocabulary ${formatCount(v.number("vocabulary"))}`,
  "rank-ready": (v) => `detected ${v.text("gpu")}`,
  "ranks-more": (v) => `... and ${formatQuantity(v.number("ranks"), "more rank")}`,
  rendezvous: (v) =>
    `rendezvous complete at ${v.text("master")}: world size ${formatCount(v.number("worldSize"))}, restart ${formatCount(v.number("restart"))}`,
  "nccl-ready": (v) =>
    `NCCL ${v.text("version")}: ${formatQuantity(v.number("ranks"), "rank")} on ${formatQuantity(v.number("nodes"), "node")}, init complete in ${formatFixed(v.number("ms") / 1000, 2)} s`,
  "allreduce-test": (v) =>
    `NCCL ${v.text("version")}: all-reduce test over ${formatQuantity(v.number("ranks"), "rank")}`,
  "allreduce-passed": (v) => `all-reduce test passed in ${formatFixed(v.number("ms"), 2)} ms`,
  allreduce: (v) => `NCCL all-reduce completed in ${formatFixed(v.number("ms"), 2)} ms`,
  broadcast: (v) => `NCCL broadcast completed in ${formatFixed(v.number("ms"), 2)} ms`,
  barrier: (v) => `NCCL barrier passed in ${formatFixed(v.number("ms"), 2)} ms`,
  "memory-high": (v) => `memory nears its limit: ${formatPercent(v.number("share"))} in use`,
  "host-memory-high": (v) =>
    `host memory nears its limit: ${formatPercent(v.number("share"))} in use`,
  "memory-pressure": (v) =>
    `memory pressure: ${formatPercent(v.number("share"))} of each GPU in use`,
  "attention-logits": (v) =>
    `attention logits of layer ${formatCount(v.number("layer"))} reach ${formatFixed(v.number("logit"), 1)}`,
  "validation-gap": (v) => `validation loss is ${formatPercent(v.number("share"))} above training`,
  "loader-slow": (v) => `data loader was late by ${formatFixed(v.number("ms"), 1)} ms`,
  "norm-drift": (v) =>
    `weight norm of layer ${formatCount(v.number("layer"))} grew by ${formatPercent(v.number("share"))}`,
  "collective-slow": (v) =>
    `an all-reduce took ${formatFixed(v.number("times"), 1)} times as long as usual`,
  "ecc-corrected": (v) =>
    `${formatQuantity(v.number("count"), "memory error was", "memory errors were")} corrected since the start`,
  "symbol-errors": (v) =>
    `port ${formatCount(v.number("port"))} counts ${formatQuantity(v.number("count"), "symbol error")}`,
  "clock-offset": (v) =>
    `clock was ${formatFixed(v.number("ms"), 1)} ms off and is being corrected`,
  "export-complete": (v) =>
    `export complete: ${formatQuantity(v.number("files"), "file")}, ${formatQuantity(v.number("shards"), "shard")} among them, ${formatGigabytes(v.number("bytes"))} in all`,
  "gradient-clipped": (v) => `gradient norm ${formatFixed(v.number("norm"), 2)} was clipped`,
  "loss-spike": (v) => `a batch had its loss ${formatPercent(v.number("share"))} above the others`,
  xid: (v) => `NVRM: Xid ${v.number("xid")}: ${XID_WORDS[v.number("xid")] ?? "see the catalogue"}`,
  "nvlink-crc": (v) => `NVLink CRC errors: ${formatCount(v.number("count"))}`,
  "thermal-slowdown": () => "clocks lowered: hardware thermal slowdown",
  "watchdog-timeout": (v) =>
    `watchdog caught a collective that ran for ${formatCount(v.number("timeoutMs"))} ms before timing out`,
  "nccl-remote-error": () => "NCCL WARN remote process exited or there was a network error",
  "link-down": () => "link is down",
  "link-up": () => "link is up",
  "node-unreachable": () => "no heartbeat: node is unreachable",
  "node-drained": () => "node drained",
  "node-joined": (v) => `spare node joined, ${formatCount(v.number("spares"))} left`,
  "spares-exhausted": () => "no spare node left: the job goes on without its replica",
  resharding: reshardingText,
  "node-returned": (v) =>
    `node is repaired and checked, ${formatQuantity(v.number("spares"), "node waits", "nodes wait")} to join`,
  "no-spare-node": () => "no spare node left: waiting for the repair",
  "node-repaired": () => "node repaired and checked",
  "workers-stopped": (v) => `${formatCount(v.number("ranks"))} workers stopped`,
  maintenance: (v) =>
    `node is taken down for maintenance in ${formatSeconds(v.number("minutes") * 60_000)}`,
  "allocation-retry": () => "CUDA caching allocator: allocation failed, cache flushed, tried again",
  "inventory-done": (v) =>
    `${formatQuantity(v.number("nodes"), "node agrees", "nodes agree")}: driver ${v.text("driver")}`,
  "driver-differs": (v) => `driver ${v.text("found")} found, ${v.text("need")} needed`,
  "driver-updated": (v) => `driver ${v.text("need")} installed, node restarted`,
  "burn-result": (v) =>
    `matrix multiplications: ${formatCount(v.number("tflops"))} TFLOP/s a GPU, ${formatCount(v.number("low"))} to ${formatCount(v.number("high"))}`,
  "gpu-slow": (v) =>
    `GPU is ${formatPercent(v.number("share"))} slower than the others: ${formatCount(v.number("tflops"))} TFLOP/s`,
  "collective-result": (v) =>
    `all-reduce ${formatBinary(v.number("bytes"))}  ${formatFixed(v.number("microseconds"), 1)} us  algbw ${formatFixed(v.number("algorithmGbPerSecond"), 2)} GB/s  busbw ${formatFixed(v.number("busGbPerSecond"), 2)} GB/s`,
  "pairs-result": (v) =>
    `pairs of nodes: busbw ${formatFixed(v.number("busGbPerSecond"), 1)} GB/s, at least ${formatFixed(v.number("low"), 1)}`,
  "link-slow": (v) =>
    `port ${formatCount(v.number("port"))} does not carry its share: busbw ${formatFixed(v.number("busGbPerSecond"), 1)} GB/s with every partner`,
  "storage-result": (v) =>
    `storage: ${formatFixed(v.number("writeGbPerSecond"), 1)} GB/s written, ${formatFixed(v.number("readGbPerSecond"), 1)} GB/s read`,
  "burn-in-passed": (v) =>
    `${formatQuantity(v.number("nodes"), "node is", "nodes are")} ready, ${formatCount(v.number("replaced"))} replaced`,
  "adapters-ready": (v) =>
    `LoRA of rank ${formatCount(v.number("rank"))}, alpha ${formatCount(v.number("alpha"))}, on all linear layers: ${formatCount(v.number("parameters"))} trainable parameters (${formatFixed(v.number("share") * 100, 2)}%)`,
  benchmark: (v) =>
    `${v.text("name")}: ${formatFixed(v.number("share") * 100, 1)}% of ${formatCount(v.number("problems"))} problems solved`,
  "responses-long": (v) =>
    `${formatPercent(v.number("share"))} of the responses reached ${formatCount(v.number("tokens"))} tokens and were cut`,
  "storage-slow": () => "checkpoint storage answers slowly",
  "checkpoint-overlap": (v) =>
    `the checkpoint of step ${formatCount(v.number("step"))} is still being written, this one is skipped`,
  "checkpoint-loading": (v) =>
    `loading ${v.text("path")} (${formatBytes(v.number("bytes"))})${loadedBy(v)}`,
  "checkpoint-unreadable": (v) => `cannot read ${v.text("path")}: checksum mismatch`,
};

function reshardingText(v: Values): string {
  const change = (name: string): string =>
    `${formatCount(v.number(`${name}Before`))} -> ${formatCount(v.number(name))}`;
  const isLess = v.number("worldSize") < v.number("worldSizeBefore");
  const isSame = v.number("globalBatchBefore") === v.number("globalBatch");
  const batch = isSame
    ? `global batch stays ${formatCount(v.number("globalBatch"))}`
    : `global batch ${change("globalBatch")}${isLess ? ", the nearest that divides" : ""}`;
  const idle = v.number("idleNodes");
  const waiting = idle > 0 ? `; ${formatQuantity(idle, "node")} idle` : "";
  return `resharding: world size ${change("worldSize")}, data parallel ${change("dataParallel")}, ${formatQuantity(v.number("accumulation"), "micro-batch", "micro-batches")} a replica, ${batch}${waiting}`;
}

/** Where other ranks read a checkpoint than those that wrote it. */
function loadedBy(v: Values): string {
  const ranks = v.number("ranks");
  if (Number.isNaN(ranks)) return "";
  return `, written by ${formatCount(v.number("ranksBefore"))} ranks, resharded for ${formatCount(ranks)} while it is read`;
}

const SYMPTOMS: Readonly<Record<string, string>> = {
  "worker-exited": "a worker exited with code 1",
  "cuda-ecc-error": "CUDA error: uncorrectable ECC error encountered",
  "gpu-unreachable": "CUDA error: unspecified launch failure, GPU is unreachable",
  "heartbeat-lost": "lost the heartbeat of a node",
  "out-of-memory": "CUDA out of memory",
  "collective-timeout": "a collective timed out, the process group was taken down",
  "loss-not-finite": "the loss is not a number",
  "nccl-error": "NCCL error: unhandled system error",
  "stopped-by-operator": "stopped by the operator",
  "nodes-returned": "restarting with the nodes that are back",
};

/** 8388608 -> "8 MiB": sizes of messages are powers of two. */
function formatBinary(bytes: number): string {
  return bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${bytes / 2 ** 20} MiB`;
}

export function messageText(message: ClusterMessage): string {
  const words = WORDS[message.code];
  const said = words === undefined ? unknownText(message) : words(valuesOf(message.values ?? {}));
  return plainText(`${placeText(message)}${said}`);
}

export function symptomText(symptom: string): string {
  return SYMPTOMS[symptom] ?? symptom;
}

/** "[node 12 gpu 3 rank 99] " */
export function placeText({
  node,
  gpu,
  rank,
}: Pick<ClusterMessage, "node" | "gpu" | "rank">): string {
  const parts = [
    node === undefined ? undefined : `node ${node}`,
    gpu === undefined ? undefined : `gpu ${gpu}`,
    rank === undefined || gpu === undefined ? undefined : `rank ${rank}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "" : `[${parts.join(" ")}] `;
}

function unknownText({ code, values = {} }: ClusterMessage): string {
  const pairs = Object.entries(values).map(([key, value]) => ` ${key}=${String(value)}`);
  return `${code}${pairs.join("")}`;
}

function valuesOf(values: { readonly [key: string]: Json }): Values {
  return {
    number: (key) => (typeof values[key] === "number" ? values[key] : Number.NaN),
    text: (key) => String(values[key] ?? ""),
  };
}
