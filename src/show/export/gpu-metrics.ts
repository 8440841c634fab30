/**
 * GPUs under the names and labels that NVIDIA's dcgm-exporter gives them, so that dashboards
 * and alerts made for it work on a rehearsal.
 *
 * Only what events tell is known: temperature, power, memory and utilisation of the nodes in the
 * newest status, and for any GPU what the driver said of it. Machines of a simulated run do not
 * exist, so their names and serial numbers are made up, the same for the same run.
 *
 * Source of the names: dcgm-exporter, etc/default-counters.csv.
 */

import type { ClusterDescribed, ClusterMessage, GpuStatus } from "../../events/cluster.ts";
import type { Json, RunEvent, RunStarted } from "../../events/events.ts";
import { below, seededRandom } from "../../random.ts";
import { hostName } from "../dialects/hosts.ts";

export interface GpuFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
}

export interface GpuSample {
  readonly labels: Readonly<Record<string, string>>;
  /** By the name of the family. */
  readonly values: Readonly<Partial<Record<GpuFamilyName, number>>>;
}

const FAMILIES = {
  DCGM_FI_DEV_GPU_TEMP: { kind: "gauge", help: "GPU temperature (in C)." },
  DCGM_FI_DEV_POWER_USAGE: { kind: "gauge", help: "Power draw (in W)." },
  DCGM_FI_DEV_GPU_UTIL: { kind: "gauge", help: "GPU utilization (in %)." },
  DCGM_FI_DEV_FB_FREE: { kind: "gauge", help: "Framebuffer memory free (in MiB)." },
  DCGM_FI_DEV_FB_USED: { kind: "gauge", help: "Framebuffer memory used (in MiB)." },
  DCGM_FI_DEV_XID_ERRORS: { kind: "gauge", help: "Value of the last XID error encountered." },
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: {
    kind: "counter",
    help: "Total number of double-bit volatile ECC errors.",
  },
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: {
    kind: "counter",
    help: "Number of remapped rows for uncorrectable errors.",
  },
  DCGM_FI_DEV_ROW_REMAP_FAILURE: {
    kind: "gauge",
    help: "Whether remapping of rows has failed.",
  },
  DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: {
    kind: "counter",
    help: "Total number of NVLink flow-control CRC errors.",
  },
} as const;

type GpuFamilyName = keyof typeof FAMILIES;

export const GPU_FAMILIES: readonly (GpuFamily & { readonly name: GpuFamilyName })[] = (
  Object.keys(FAMILIES) as GpuFamilyName[]
).map((name) => ({ name, ...FAMILIES[name] }));

/** Follows the GPUs of one run after the other. */
export interface GpuWatch {
  take(event: RunEvent): void;
  /** One for each GPU that something is known of, by node and place. */
  samples(): GpuSample[];
}

const MEBIBYTE = 2 ** 20;
/** Where the eight GPUs of a common board sit on the PCI bus. */
const PCI_BUSES = ["18", "2A", "3A", "5D", "9A", "AB", "BA", "DB"];

interface Errors {
  xid: number;
  doubleBit: number;
  remappedRows: number;
  remapFailed: boolean;
  linkErrors: number;
}

interface Place {
  readonly node: number;
  readonly gpu: number;
}

interface Known extends Place {
  readonly status?: GpuStatus;
}

export function watchGpus(): GpuWatch {
  let started: RunStarted | undefined;
  let cluster: ClusterDescribed | undefined;
  let statuses = new Map<string, Known>();
  const complaints = listenToDriver();
  /** Of every GPU seen so far: they are asked for again and again. */
  const labels = new Map<string, GpuSample["labels"]>();

  const knownLabels = (place: Place, described: ClusterDescribed): GpuSample["labels"] => {
    const key = keyOf(place);
    const found = labels.get(key) ?? labelsOf(place, { started, cluster: described });
    labels.set(key, found);
    return found;
  };

  return {
    take(event) {
      switch (event.type) {
        case "run-started":
          if (event.resumedAtStep > 0) return;
          started = event;
          cluster = undefined;
          statuses = new Map();
          complaints.forget();
          labels.clear();
          return;
        case "cluster-described":
          cluster = event;
          return;
        case "cluster-status":
          statuses = new Map();
          for (const { node, gpus } of event.nodes)
            gpus.forEach((status, gpu) => {
              statuses.set(keyOf({ node, gpu }), { node, gpu, status });
            });
          return;
        case "cluster-message":
          complaints.hear(event);
          return;
        default:
      }
    },
    samples() {
      if (cluster === undefined) return [];
      const described = cluster;
      const all = new Map<string, Known>([...complaints.places(), ...statuses]);
      return [...all.values()]
        .sort((a, b) => a.node - b.node || a.gpu - b.gpu)
        .map((known) => ({
          labels: knownLabels(known, described),
          values: {
            ...statusValues(known.status, described.memoryBytesPerGpu),
            ...errorValues(complaints.of(known)),
          },
        }));
    },
  };
}

interface Complaints {
  hear(message: ClusterMessage): void;
  /** undefined where the driver said nothing of that GPU. */
  of(place: Place): Errors | undefined;
  /** Where it said something, by key. */
  places(): ReadonlyMap<string, Place>;
  forget(): void;
}

/** What the driver said of which GPU. */
function listenToDriver(): Complaints {
  const known = new Map<string, Place & { readonly errors: Errors }>();
  return {
    hear(message) {
      const { node, gpu, code } = message;
      if (node === undefined) return;
      if (code === "node-drained") {
        // The machine is out of the job, and nobody asks it any more.
        for (const [key, one] of known) if (one.node === node) known.delete(key);
      } else if (gpu !== undefined && (code === "xid" || code === "nvlink-crc")) {
        const key = keyOf({ node, gpu });
        const errors = known.get(key)?.errors ?? newErrors();
        noteErrors(errors, message);
        known.set(key, { node, gpu, errors });
      }
    },
    of: (place) => known.get(keyOf(place))?.errors,
    places: () => known,
    forget: () => known.clear(),
  };
}

function keyOf({ node, gpu }: Place): string {
  return `${node}/${gpu}`;
}

function newErrors(): Errors {
  return { xid: 0, doubleBit: 0, remappedRows: 0, remapFailed: false, linkErrors: 0 };
}

/** What the driver counts when it says this. */
function noteErrors(errors: Errors, { code, values = {} }: ClusterMessage): void {
  if (code === "nvlink-crc")
    errors.linkErrors = Math.max(errors.linkErrors, numberOf(values["count"]));
  if (code !== "xid") return;
  errors.xid = numberOf(values["xid"]);
  if (DOUBLE_BIT_XIDS.has(errors.xid)) errors.doubleBit += 1;
  if (errors.xid === ROW_REMAPPED_XID) errors.remappedRows += 1;
  if (errors.xid === REMAP_FAILED_XID) errors.remapFailed = true;
}

const DOUBLE_BIT_XIDS: ReadonlySet<number> = new Set([48, 94, 95]);
const ROW_REMAPPED_XID = 63;
const REMAP_FAILED_XID = 64;

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}

function statusValues(status: GpuStatus | undefined, memoryBytes: number): GpuSample["values"] {
  if (status === undefined) return {};
  return {
    DCGM_FI_DEV_GPU_TEMP: Math.round(status.temperatureC),
    DCGM_FI_DEV_POWER_USAGE: status.powerWatts,
    DCGM_FI_DEV_GPU_UTIL: Math.round(status.utilisation * 100),
    DCGM_FI_DEV_FB_FREE: Math.round((memoryBytes - status.memoryBytes) / MEBIBYTE),
    DCGM_FI_DEV_FB_USED: Math.round(status.memoryBytes / MEBIBYTE),
  };
}

function errorValues(errors: Errors = newErrors()): GpuSample["values"] {
  return {
    DCGM_FI_DEV_XID_ERRORS: errors.xid,
    DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: errors.doubleBit,
    DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: errors.remappedRows,
    DCGM_FI_DEV_ROW_REMAP_FAILURE: errors.remapFailed ? 1 : 0,
    DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: errors.linkErrors,
  };
}

interface Machine {
  readonly started: RunStarted | undefined;
  readonly cluster: ClusterDescribed;
}

function labelsOf({ node, gpu }: Place, { started, cluster }: Machine) {
  return {
    gpu: String(gpu),
    UUID: uuidOf(`${started?.seed ?? 0}/${node}/${gpu}`),
    pci_bus_id: `00000000:${PCI_BUSES[gpu] ?? gpu.toString(16).padStart(2, "0").toUpperCase()}:00.0`,
    device: `nvidia${gpu}`,
    modelName: cluster.gpuName,
    Hostname: hostName(node),
    source: started?.source ?? "simulated",
  };
}

/** A made-up serial number, the same for the same text. */
function uuidOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  const random = seededRandom(hash >>> 0);
  const digits = (count: number): string =>
    Array.from({ length: count }, () => below(random, 16).toString(16)).join("");
  return `GPU-${[8, 4, 4, 4, 12].map(digits).join("-")}`;
}
