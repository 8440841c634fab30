import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pretraining, wantedRun } from "../../../test/support/simulated.ts";
import type { ClusterDescribed } from "../../events/cluster.ts";
import type { RunEvent } from "../../events/events.ts";
import { beforeRun } from "../../events/run-state.ts";
import { type DialectName, openDialect } from "./dialects.ts";
import { factsOf } from "./facts.ts";
import { addressOf, hostName } from "./hosts.ts";
import { channelsOf } from "./nccl-channels.ts";
import { colorOf } from "./nccl-groups.ts";

/** A card of the first machine's network breaks, and another machine takes its place. */
const broken = firstMachineBreaks("H100:64");
const stop = stopOf(broken);

const plain = textOf("lightning", broken);
const begun = plain.split("Connected all trees")[0] ?? "";

describe("addresses of machines", () => {
  test("are counted up from that of the first, and no two are the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 254 }), (last) => {
        const cluster = { master: `10.4.9.${last}:29500` } as ClusterDescribed;
        const facts = factsOf({ ...beforeRun, described: { cluster } });
        const all = Array.from({ length: 2100 }, (_, i) => addressOf(facts, { host: hostName(i) }));
        expect(all[0]).toBe(`10.4.9.${last}`);
        expect(new Set(all).size).toBe(all.length);
        for (const address of all) expect(address).not.toMatch(/\.(0|255|256)$/);
      }),
      { numRuns: 30 },
    );
  });

  test("belong to the machine that is there: the dead one's is not heard of again", () => {
    const [before = "", after = ""] = plain.split(/replace by (?=node-)/);
    const address = /Bootstrap: Using eth0:([\d.]+)<0>/;
    const [, dead] = address.exec(before) ?? [];
    expect(stop).toMatchObject({ node: 0 });
    expect(after).toMatch(/^node-00(0[89]|\d\d)/);
    expect(after).toMatch(address);
    expect(after).toMatch(/rdzv_endpoint +: [\d.]+:29500/);
    expect(after).toMatch(/master_addr=[\d.]+/);
    expect(after).not.toContain(`${dead}<`);
    expect(after).not.toContain(`${dead}:`);
    expect(after).not.toContain(`${dead}\n`);
  });
});

describe("a network card that broke", () => {
  const lines = plain.split("\n");
  const warnings = lines.filter((line) => line.includes("NCCL WARN NET/IB: Got completion"));
  const rank = stop?.rank ?? 0;

  test("is missed by the same card of the machines beside it, on that rail", () => {
    const found = warnings.map((line) =>
      /(node-\d+):\d+:\d+ \[(\d)\] .* hca mlx5_(\d)$/.exec(line),
    );
    const gpu = String(rank % 8);
    expect(found.map((one) => one?.slice(1))).toEqual([
      ["node-0001", gpu, gpu],
      ["node-0007", gpu, gpu],
    ]);
    const [, card] = /kernel: mlx5_core .* rdma(\d): Link down/.exec(plain) ?? [];
    expect(card).toBe(gpu);
  });

  test("is told of in NCCL 2.29's words: a blank line, the time, where it returned to", () => {
    const at = lines.indexOf(warnings[0] ?? "");
    expect(lines[at - 3]).toBe("");
    expect(lines[at - 2]).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] node-0001:\d+:\d+ \[\d\] transport\/net_ib\/p2p\.cc:\d+ NCCL WARN NET\/IB: ncclIbTest: Got CQE with error \(devIndex=0, req=(?<page>0x7f\w{7})028, comm=\k<page>000 \(recv\), wr_id=\d+, qp_num=\d+\)$/,
    );
    expect(lines[at - 1]).toBe("");
    expect(warnings[0]).toMatch(
      /p2p\.cc:\d+ NCCL WARN NET\/IB: Got completion from peer [\d.]+<\d+> with status=IBV_WC_RETRY_EXC_ERR\(12\) opcode=IBV_WC_RECV_RDMA_WITH_IMM\(129\) vendor_err=129 {2}hca mlx5_\d$/,
    );
    expect(lines[at + 1]).toMatch(/ NCCL INFO transport\/net\.cc:\d+ -> 6$/);
    expect(lines[at + 2]).toMatch(/ NCCL INFO proxy\.cc:\d+ -> 6 \[Progress Thread\]$/);
  });

  test("is a rank's last error in the words of its own warning", () => {
    const [, told, last] = /^\[rank(\d+)\]: Last error:\n\[rank\d+\]: (.*)$/m.exec(plain) ?? [];
    expect(Number(told)).toBe(rank + 8);
    expect(warnings[0]).toMatch(/NCCL WARN (.*)$/);
    expect(warnings[0]?.split("NCCL WARN ")[1]).toBe(last);
  });

  test("is told of by RCCL with numbers", () => {
    const text = textOf("lightning", firstMachineBreaks("MI300X:64"));
    expect(text).toMatch(
      /hipify\/src\/transport\/net_ib\.cc:\d+ NCCL WARN NET\/IB: Got completion from peer [\d.]+<\d+> with status=12 opcode=0 len=0 vendor err 129 \(Recv\) hca mlx5_\d\n.*src\/transport\/net\.cc:\d+ -> 6\n/,
    );
  });
});

describe("channels", () => {
  test.each([
    ["NVIDIA H100 80GB HBM3", [1, 8], [24, 16, 32, 32]],
    ["NVIDIA A100-SXM4-80GB", [1, 8], [24, 0, 32, 32]],
    ["NVIDIA H800", [1, 8], [16, 16, 16, 16]],
    ["NVIDIA L40S", [1, 4], [2, 0, 2, 2]],
    ["NVIDIA H100 80GB HBM3", [1, 1], [64, 0, 64, 64]],
    ["NVIDIA H100 80GB HBM3", [8, 8], [16, 16, 16, 2]],
    ["NVIDIA H100 80GB HBM3", [8, 1], [2, 0, 2, 1]],
  ] as const)("of %s on machines and cards %j", (name, [nodes, gpusPerNode], counts) => {
    const [collective, sharp, pairs, perPeer] = counts;
    const channels = { collective, sharp, pairs, perPeer };
    const ranks = { worldSize: nodes * gpusPerNode, nodes, gpusPerNode };
    expect(channelsOf(name, ranks)).toEqual(channels);
  });

  test("of one machine are those that its lines have", () => {
    const text = textOf("lightning", eventsOf("H100:8", 2));
    expect(text).toMatch(
      /INFO 24 coll channels, 24 collnet channels, 16 nvls channels, 32 p2p channels, 32 p2p channels per peer/,
    );
    expect(text.match(/Channel \d\d\/24 : 0 1 2 3 4 5 6 7$/gm)).toHaveLength(24);
    expect(text).toMatch(/P2P Chunksize set to 524288/);
    expect(text).not.toMatch(/mlx5_|NET\/IB\/0|NVLS tree/);
  });
});

describe("the start of NCCL", () => {
  test("is complete before the first collective connects the cards", () => {
    const order = [
      "ENV/Plugin: Could not find: libnccl-env.so",
      "Bootstrap: Using eth0:",
      "cudaDriverVersion 13000",
      "NCCL version 2.29.7+cuda13.2",
      "Comm config Blocking set to 1",
      "Initialized NET plugin IB",
      "[Rank 0] ncclCommInitRankConfig comm",
      "RAS client listening socket at 127.0.0.1<28028>",
      "Bootstrap timings total",
      "NVLS multicast support",
      "Channel 15/16 :",
      "Trees [0]",
      "PROFILER/Plugin: Could not find: libnccl-profiler.so",
      "[Proxy Service] Device 0 CPU core",
      "[Proxy Service UDS] Device 0 CPU core",
      "TUNER/Plugin: Could not find: libnccl-tuner.so",
      "threadThresholds 8/8/64 | 512/8/64 | 512 | 512",
      "16 coll channels",
      "CC Off, workFifoBytes 1048576",
      "Init COMPLETE",
      "Init timings",
      "[Proxy Progress] Device 0 CPU core",
      "[receive] via NET/IB/0/GDRDMA",
      "Connected all rings",
    ];
    const places = order.map((words) => begun.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  test("is told by the program's own thread, only the proxies have others", () => {
    const threads = [...begun.matchAll(/^node-0000:(\d+):(\d+) \[0\] NCCL INFO (\[Proxy)?/gm)];
    expect(threads.length).toBeGreaterThan(40);
    for (const [, pid, thread, proxy] of threads) expect(pid === thread).toBe(proxy === undefined);
  });

  test("waits in the bootstrap for as long as the timings say", () => {
    const [, total, receive] = /timings total ([\d.]+) \(.*recv ([\d.]+),/.exec(begun) ?? [];
    const [, bootstrap] = /Init timings.*bootstrap ([\d.]+)/.exec(begun) ?? [];
    expect(Number(total)).toBeCloseTo(Number(bootstrap), 1);
    expect(Number(receive)).toBeLessThan(Number(total));
  });
});

describe("further communicators", () => {
  test.each([
    [4, 1, 2_003_953_581],
    [16, 1, 1_734_919_490],
    [2, 4, 923_304_772],
  ])("of %i ranks, each the %i. next, have the color that logs have", (size, step, color) => {
    expect(colorOf(size, step)).toBe(color);
  });

  test("are new ones for Megatron's groups, each with as many ranks as its layout says", () => {
    const text = textOf("megatron", eventsOf("H100:64", 2, "Llama-3.1-70B"));
    const size = (name: string): number =>
      Number(new RegExp(`${name} with size (\\d+)`).exec(text)?.[1]);
    const sizes = [...text.matchAll(/ncclCommInitRankConfig .* nranks (\d+) .*Init START/g)];
    expect(sizes.map(([, ranks]) => Number(ranks))).toEqual(
      [
        64,
        size("tensor model parallel"),
        64 / size("tensor model parallel") / size("pipeline model parallel"),
        size("pipeline model parallel"),
      ].filter((one) => one > 1),
    );
    expect(text.match(/Init START/g)?.length).toBe(text.match(/Init COMPLETE/g)?.length);
    expect(
      new Set([...text.matchAll(/commId (0x\w+) - Init START/g)].map(([, id]) => id)).size,
    ).toBe(sizes.length);
    expect(text).not.toMatch(/ncclCommSplit|commId 0x0/);
  });

  test("are split off by DeepSpeed, which clones the group of all ranks", () => {
    const text = textOf("deepspeed", eventsOf("H100:16", 2));
    const [, world] = /ncclCommInitRankConfig comm (0x\w+) rank 0 nranks 16/.exec(text) ?? [];
    const rule =
      /ncclCommSplit comm 0x\w+ rank 0 nranks 16 cudaDev 0 nvmlDev 0 busId 18000 parent (0x\w+) childCount 1 color 1734919490 key 0( ?)- Init (\w+)/g;
    expect([...text.matchAll(rule)].map(([, ...found]) => found)).toEqual([
      [world, "", "START"],
      [world, " ", "COMPLETE"],
    ]);
  });
});

describe("RCCL", () => {
  const text = textOf("torchtitan", eventsOf("MI300X:64", 2));

  test("has AMD's words for its version, and NCCL's of two releases before for the rest", () => {
    expect(text).toMatch(
      /NCCL INFO RCCL version : 2\.27\.7-HEAD:\w+\n\[rank0\]:HIP version {2}: 7\.2\S+\n\[rank0\]:ROCm version : 7\.2\S+\n\[rank0\]:Hostname {5}: node-0000\n\[rank0\]:Librccl path : \S+librccl\.so/,
    );
    expect(text).toMatch(
      /INFO ncclCommInitRankConfig_impl comm 0x\w+ rank 0 .*busId 5000 .*Init START/,
    );
    expect(text).toMatch(/threadThresholds 8\/8\/64 \| 512\/8\/64 \| 256 \| 256\n/);
    expect(text).toMatch(/CC Off, workFifoBytes 4194304\n.*RCCL Unroll Factor \(pre-set\): 2\n/);
    expect(text).toMatch(/Init timings - ncclCommInitRankConfig_impl: rank 0 nranks 64/);
    expect(text).not.toMatch(/\[Rank 0\] nccl|NVLS|GIN plugin|cudaDriver|DMA-BUF is/);
  });

  test("ends lines about connections in what they are for, and connects before it is complete", () => {
    const [, pointer = ""] = /nccl\w+ comm (0x\w+) .*Init START/.exec(text) ?? [];
    const end = `comm ${pointer} nRanks 64`;
    expect(text).toMatch(new RegExp(`Trees .* ${end} busId 5000\\n`));
    expect(text).toMatch(new RegExp(`0\\[5000\\] -> 7\\[e5000\\] via P2P/IPC ${end}\\n`));
    expect(text).toMatch(new RegExp(`\\[receive\\] via NET/IB/0/GDRDMA ${end}\\n`));
    expect(text).toMatch(
      new RegExp(`comm:${pointer}, nRanks:64, nNodes:8, coll channels:16 collnet`),
    );
    expect(text.indexOf("Connected all trees")).toBeLessThan(text.indexOf("Init COMPLETE"));
  });

  test("says of one machine how its kernels are unrolled there", () => {
    const one = textOf("lightning", eventsOf("MI355X:8", 2));
    expect(one).toMatch(/RCCL Unroll Factor \(pre-set\): 1\n/);
    expect(one).toMatch(/coll channels:56 collnet channels:56/);
    expect(one).not.toMatch(/mlx5_|binomial/);
  });
});

function eventsOf(gpus: string, steps: number, model = "Llama-3.1-8B"): RunEvent[] {
  return told({ seed: 51, wanted: wantedRun(model, gpus, 3e9) }, steps);
}

/** Of the runs in which a network card breaks the first that suits. */
function firstMachineBreaks(gpus: string): RunEvent[] {
  const wanted = { ...wantedRun("Llama-3.1-8B", gpus, 3e9), failuresPerNodeDay: 0.001 };
  const incidents = [{ kind: "nic-failure" as const, step: 60 }];
  for (let seed = 1; ; seed += 1) {
    const events = told({ seed, wanted, spareNodes: 2, incidents }, 65);
    const rank = stopOf(events)?.rank ?? 0;
    if (rank > 0 && rank < 8) return events;
  }
}

function stopOf(events: readonly RunEvent[]) {
  return events.find((event) => event.type === "run-interrupted");
}

function told(options: Parameters<typeof pretraining>[0], steps: number): RunEvent[] {
  return pretraining(options, steps).news.map((one, seq) => ({ ...one, seq }));
}

function textOf(name: DialectName, events: readonly RunEvent[]): string {
  const dialect = openDialect(name);
  return events.flatMap((event) => dialect.lines(event)).join("\n");
}
