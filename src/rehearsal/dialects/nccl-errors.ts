/**
 * NCCL's errors when a network card no longer answers, as printed by its peers on the same rail of other machines.
 *
 * Source: NCCL 2.29 (`net_ib/p2p.cc`: two warnings, with the names of status and operation) and
 * RCCL 2.27 (`net_ib.cc`: one, with their numbers), `debug.cc` (a warning has a blank line and the
 * time before it, and is what torch gets as the last error).
 */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, isAmd, sizesOf } from "./facts.ts";
import { day } from "./formats.ts";
import { addressOf, type Place, placeOfMessage, placeOfRank, workerPid } from "./hosts.ts";
import { hex, info, threadOf } from "./nccl-lines.ts";
import { type Launch, passedOn } from "./torchrun.ts";

/** A card lost its peer in the middle of a collective. */
export function remoteErrorLines(facts: Facts, launch: Launch, message: ClusterMessage): string[] {
  const gone = placeOfMessage(facts, message);
  return neighboursOf(facts, gone).flatMap((peer) =>
    passedOn(launch, peer.rank, errorLines(facts, peer, gone)),
  );
}

/** The same card of the next machine: the first rank that misses one. */
export function neighbourOf(facts: Facts, { rank }: Place): Place {
  const { worldSize, gpusPerNode } = sizesOf(facts);
  return placeOfRank(facts, (rank + gpusPerNode) % worldSize);
}

/** Of the next machine and of the one before. */
function neighboursOf(facts: Facts, gone: Place): Place[] {
  const { worldSize, gpusPerNode, nodes } = sizesOf(facts);
  if (nodes < 2) return [];
  const next = neighbourOf(facts, gone);
  const last = placeOfRank(facts, (gone.rank + worldSize - gpusPerNode) % worldSize);
  return nodes === 2 ? [next] : [next, last];
}

/** The last warning of a rank's NCCL, without its place in the source. */
export function remoteErrorText(facts: Facts, peer: Place, gone: Place): string {
  const random = drawsOf(facts, "queue-pair", peer.host, gone.host, gone.gpu, facts.step);
  const address = `${addressOf(facts, gone)}<${32_768 + below(random, 28_232)}>`;
  const isReceiving = peer.rank === neighbourOf(facts, gone).rank;
  const error = isAmd(facts)
    ? `status=12 opcode=${isReceiving ? 0 : 1} len=0 vendor err 129 (${isReceiving ? "Recv" : "Send"})`
    : `status=IBV_WC_RETRY_EXC_ERR(12) opcode=${isReceiving ? "IBV_WC_RECV_RDMA_WITH_IMM(129)" : "IBV_WC_RDMA_WRITE(1)"} vendor_err=129 `;
  return `NET/IB: Got completion from peer ${address} with ${error} hca mlx5_${gone.gpu}`;
}

/** Where AMD builds its packages. */
const AMD_SOURCES =
  "/longer_pathname_so_that_rpms_can_support_packaging_the_debug_info_for_all_os_profiles/src/out/ubuntu-22.04/22.04/build/rccl/hipify/src";

function errorLines(facts: Facts, peer: Place, gone: Place): string[] {
  const thread = threadOf(facts, peer, { thread: "Progress" });
  const say = info(facts, peer, thread);
  const stamp = day(Math.max(facts.lastMicros, ((facts.started?.wallMs ?? 0) + facts.atMs) * 1000));
  const from = `[${stamp}] ${peer.host}:${workerPid(facts, peer)}:${thread} [${peer.gpu}]`;
  const text = remoteErrorText(facts, peer, gone);
  if (isAmd(facts))
    return [
      "",
      `${from} ${AMD_SOURCES}/transport/net_ib.cc:2453 NCCL WARN ${text}`,
      say(`${AMD_SOURCES}/transport/net.cc:1648 -> 6`),
      say(`${AMD_SOURCES}/proxy.cc:968 -> 6 [Progress Thread]`),
    ];
  return [
    "",
    `${from} transport/net_ib/p2p.cc:786 NCCL WARN ${queueText(facts, peer, gone)}`,
    "",
    `${from} transport/net_ib/p2p.cc:651 NCCL WARN ${text}`,
    say("transport/net.cc:1620 -> 6"),
    say("proxy.cc:983 -> 6 [Progress Thread]"),
  ];
}

function queueText(facts: Facts, peer: Place, gone: Place): string {
  const random = drawsOf(facts, "completion", peer.host, gone.host, gone.gpu, facts.step);
  const page = `0x7f${hex(random, 7)}`;
  const side = peer.rank === neighbourOf(facts, gone).rank ? "recv" : "send";
  return `NET/IB: ncclIbTest: Got CQE with error (devIndex=0, req=${page}028, comm=${page}000 (${side}), wr_id=${below(random, 32)}, qp_num=${1000 + below(random, 40_000)})`;
}
