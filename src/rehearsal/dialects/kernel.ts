/**
 * Messages of the kernels and of the site's health checks, as a log collector merges them.
 *
 * Source: the driver's Xid messages (NVIDIA's Xid catalogue, driver branch 580) behind "NVRM:",
 * mlx5 and Lustre client messages, amdgpu's RAS messages; syslog's time and host before them.
 */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below, type Random } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, isAmd, now } from "./facts.ts";
import { syslogTime } from "./formats.ts";
import { amdBusId, busId, type Place, placeOfMessage, workerPid } from "./hosts.ts";

/** @returns Nothing for messages that no kernel writes. */
export function kernelLines(facts: Facts, message: ClusterMessage): string[] {
  const place = placeOfMessage(facts, message);
  const texts = textsOf(facts, message, place);
  return texts.map((text) => `${syslogTime(now(facts))} ${place.host} ${text}`);
}

function textsOf(facts: Facts, message: ClusterMessage, place: Place): string[] {
  const { code, values = {} } = message;
  const number = (key: string): number => (typeof values[key] === "number" ? values[key] : 0);
  const port = `mlx5_core 0000:${1 + place.gpu}b:00.0 rdma${place.gpu}`;
  switch (code) {
    case "xid":
      return isAmd(facts)
        ? amdLines(facts, number("xid"), place)
        : xidLines(facts, { number: number("xid"), place, seconds: number("seconds") });
    case "nvlink-crc":
      if (isAmd(facts))
        return [
          `node-health[1893]: amd-smi metric --xgmi-err: GPU ${place.gpu}: errors: ${number("count")}`,
        ];
      return [
        `node-health[1893]: nvidia-smi nvlink -e: GPU ${place.gpu}: Link ${place.gpu + 4}: CRC Errors: ${number("count")}`,
      ];
    case "thermal-slowdown":
      if (isAmd(facts))
        return [
          `node-health[1893]: amd-smi metric --throttle: GPU ${place.gpu}: HBM_THERMAL_VIOLATION_STATUS: ACTIVE`,
        ];
      return [
        `node-health[1893]: GPU ${place.gpu}: clocks_event_reasons.hw_thermal_slowdown: Active`,
      ];
    case "host-memory-high":
      return [`node-health[1893]: host memory: ${(100 * number("share")).toFixed(1)}% used`];
    case "link-down":
      return [`kernel: ${port}: Link down`];
    case "link-up":
      return [`kernel: ${port}: Link up`];
    case "storage-slow":
      return [
        `kernel: Lustre: ${2900 + below(facts.random, 80)}:0:(client.c:2310:ptlrpc_expire_one_request()) @@@ Request sent has timed out for slow reply: [sent ${Math.floor(now(facts) / 1e6) - 100}/real ${Math.floor(now(facts) / 1e6) - 100}]`,
        "kernel: Lustre: scratch-OST001c-osc-ffff9a4e: Connection to scratch-OST001c (at 10.250.0.28@o2ib) was lost; in progress operations using this service will wait for recovery to complete",
      ];
    default:
      return [];
  }
}

interface Xid {
  readonly number: number;
  readonly place: Place;
  readonly seconds: number;
}

/** The driver's lines about a card: its identity before its first Xid, the consequences after it. */
function xidLines(facts: Facts, { number, place, seconds }: Xid): string[] {
  const bus = busId(place.gpu);
  const process = `pid=${workerPid(facts, place)}, name=python3`;
  const texts = xidTexts(facts.random, { seconds, gpu: place.gpu });
  const [text = "PROCESS, see the catalogue", ...more] = texts[number] ?? [];
  const card = cardOf(facts, place);
  const xid = (text: string): string => `Xid (PCI:${bus}): ${text}`;
  const action = ACTIONS[number];
  return [
    ...introduction(facts, place, card),
    xid(`${number}, ${text.replace("PROCESS", process)}`),
    ...more.map((one) => one.replace("BUS", bus).replace("SERIAL", card.serial)),
    ...(action === undefined
      ? []
      : [xid(`154, GPU recovery action changed from 0x0 (None) to ${action}`)]),
  ].map((line) => `kernel: NVRM: ${line}`);
}

/** The action that a card needs after an Xid, which the driver logs as another Xid. */
const ACTIONS: Readonly<Record<number, string>> = {
  63: "0x4 (Drain and Reset)",
  79: "0x2 (Node Reboot Required)",
  95: "0x1 (GPU Reset Required)",
  119: "0x1 (GPU Reset Required)",
  120: "0x1 (GPU Reset Required)",
};

interface Card {
  readonly uuid: string;
  readonly serial: string;
}

/** The same card has the same, whenever the driver names it. */
function cardOf(facts: Facts, { host, gpu }: Place): Card {
  const random = drawsOf(facts, "card", host, gpu);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => below(random, 16).toString(16)).join("");
  const uuid = `GPU-${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;
  return { uuid, serial: `165${2 + below(random, 3)}${100_000_000 + below(random, 899_999_999)}` };
}

function introduction(facts: Facts, { host, gpu }: Place, card: Card): string[] {
  const name = `${host}/${gpu}`;
  if (facts.knownCards.has(name)) return [];
  facts.knownCards.add(name);
  return [`GPU at PCI:${busId(gpu)}: ${card.uuid}`, `GPU Board Serial Number: ${card.serial}`];
}

/** By number: the text after it, then further lines of the driver. */
function xidTexts(
  random: Random,
  { seconds, gpu }: { readonly seconds: number; readonly gpu: number },
): Readonly<Record<number, readonly string[]>> {
  const partition = below(random, 12);
  const row = `0x${(0x4_0000_0000 + 512 * below(random, 2 ** 26)).toString(16).padStart(16, "0")}`;
  return {
    13: ["PROCESS, Graphics SM Warp Exception on (GPC 2, TPC 1, SM 0): Out Of Range Address"],
    31: ["PROCESS, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC3"],
    43: ["PROCESS, Ch 00000010"],
    45: ["PROCESS, Ch 00000008"],
    48: [
      `PROCESS, An uncorrectable double bit error (DBE) has been detected on GPU in the framebuffer at partition ${partition}, subpartition ${below(random, 2)}.`,
    ],
    63: [`PROCESS, Row Remapper: New row (${row}) marked for remapping, reset gpu to activate.`],
    64: ["PROCESS, Row Remapper: Failed to remap a row."],
    74: [
      `pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link ${gpu + 4}(0x10000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)`,
    ],
    // The owner of the process is no longer known.
    79: [
      "GPU has fallen off the bus.",
      "GPU BUS.0: GPU has fallen off the bus.",
      "GPU BUS.0: GPU serial number is SERIAL.",
      "kgspRcAndNotifyAllChannels_IMPL: RC all channels for critical error 79.",
    ],
    94: ["PROCESS, Contained: CE User Channel (0x9). RST: No, D-RST: No"],
    95: ["PROCESS, Uncontained: FBHUB. RST: Yes, D-RST: No"],
    119: [
      `PROCESS, Timeout after ${seconds}s of waiting for RPC response from GPU${gpu} GSP! Expected function 76 (GSP_RM_CONTROL) (0x20802a02 0x8).`,
      `GPU${gpu} GSP RPC buffer contains function 76 (GSP_RM_CONTROL) and data 0x0000000020802a02 0x0000000000000008.`,
    ],
  };
}

/** amdgpu has no numbers for its errors: what it writes where NVIDIA's driver writes an Xid. */
function amdLines(facts: Facts, xid: number, { gpu, host }: Place): string[] {
  const random = drawsOf(facts, "amdgpu", host, gpu, facts.step);
  const die = `{${1 + below(random, 40)}}socket: ${gpu}, die: ${below(random, 4)}`;
  const inBlock = (block: string): string[] => [
    `${die}, 1 new uncorrectable hardware errors detected in ${block} block`,
    `${die}, 1 uncorrectable hardware errors detected in total in ${block} block`,
  ];
  const texts: Readonly<Record<number, readonly string[]>> = {
    63: ["Saved 8 pages to EEPROM table."],
    74: inBlock("xgmi_wafl"),
    79: [
      "SMU: response:0xFFFFFFFF for index:18 param:0x00000005 message:TransferTableSmu2Dram?",
      "GPU reset begin!. Source:  1",
      "device lost from bus!",
      "GPU reset end with ret = -19",
      "GPU Recovery Failed: -19",
    ],
    94: ["poison is consumed by client 9, kick off gpu reset flow", "GPU reset begin!. Source:  2"],
    119: [
      "SMU: I'm not done with your previous command: SMN_C2PMSG_66:0x00000012 SMN_C2PMSG_82:0x00000000",
      "Failed to export SMU metrics table!",
    ],
  };
  const device = `kernel: amdgpu ${amdBusId(gpu)}.0: amdgpu`;
  return (texts[xid] ?? inBlock("umc")).map((text) => `${device}: ${text}`);
}
