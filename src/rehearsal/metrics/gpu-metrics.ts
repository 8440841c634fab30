/**
 * GPUs under the names and labels that NVIDIA's dcgm-exporter gives them, so that dashboards
 * and alerts made for it work on a rehearsal.
 *
 * Only what events contain is known: what the newest status says of its nodes, what adds up from
 * one status to the next, and for any GPU what the driver said of it. Machines of a simulated
 * run do not exist, so their names and serial numbers are made up, the same for the same run.
 */

import type {
  ClusterActivity,
  ClusterDescribed,
  ClusterMessage,
  ClusterStatus,
  GpuStatus,
} from "../../events/cluster.ts";
import type { RunStarted } from "../../events/events.ts";
import { afterEvent, beforeRun, isNewRun } from "../../events/run-state.ts";
import type { Json } from "../../json.ts";
import { below, seededRandom } from "../../random.ts";
import type { DeviceSample, DeviceWatch } from "../../show/metrics/device-metrics.ts";
import { hostName } from "../dialects/hosts.ts";
import { MEBIBYTE } from "../engine/units.ts";
import { GPU_FAMILIES, type GpuValues } from "./gpu-families.ts";
import { countTotals, type GpuTotals } from "./gpu-totals.ts";

export interface GpuSample extends DeviceSample {
  readonly values: GpuValues;
}

/** Its samples are ordered by node and place. */
export interface GpuWatch extends DeviceWatch {
  samples(): GpuSample[];
}

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
  /** What it does; undefined where that is not reported. */
  readonly activity?: ClusterActivity | undefined;
}

export function watchGpus(): GpuWatch {
  let run = beforeRun;
  const complaints = listenToDriver();
  let totals = countTotals();
  /** When a node was taken out: what it counts begins anew. */
  const countedSince = new Map<number, number>();
  /** Of every GPU seen so far: they are asked for again and again. */
  const labels = new Map<string, GpuSample["labels"]>();

  const knownLabels = (place: Place, cluster: ClusterDescribed): GpuSample["labels"] => {
    const key = keyOf(place);
    const found = labels.get(key) ?? labelsOf(place, { started: run.started, cluster });
    labels.set(key, found);
    return found;
  };

  return {
    families: GPU_FAMILIES,
    take(event) {
      if (isNewRun(event)) {
        complaints.forget();
        totals = countTotals();
        countedSince.clear();
        labels.clear();
      }
      run = afterEvent(run, event);
      switch (event.type) {
        case "cluster-status":
          for (const [key, { status, activity }] of gpusIn(event))
            totals.add(key, event.atMs, {
              watts: status?.powerWatts ?? 0,
              linkBytesPerSecond: 2 * linkBytesPerSecond(activity),
            });
          return;
        case "cluster-message":
          complaints.hear(event);
          if (event.code !== "node-drained" || event.node === undefined) return;
          totals.forget((key) => key.startsWith(`${event.node}/`));
          countedSince.set(event.node, event.atMs);
          return;
        default:
      }
    },
    samples() {
      const { cluster } = run.described;
      if (cluster === undefined) return [];
      const statuses = run.clusterStatus && gpusIn(run.clusterStatus);
      const all = new Map<string, Known>([...complaints.places(), ...(statuses ?? [])]);
      return [...all.values()]
        .sort((a, b) => a.node - b.node || a.gpu - b.gpu)
        .map((known) => ({
          labels: knownLabels(known, cluster),
          countedSinceMs: countedSince.get(known.node) ?? 0,
          values: valuesOf(known, {
            described: cluster,
            errors: complaints.of(known),
            totals: totals.of(keyOf(known)),
          }),
        }));
    },
  };
}

/** All of them by their keys, with what they do. */
function gpusIn({ nodes, activity }: ClusterStatus): Map<string, Known> {
  const known = nodes.flatMap(({ node, idle, gpus }) => {
    const doing = idle && activity ? resting(activity) : activity;
    return gpus.map((status, gpu) => ({ node, gpu, status, activity: doing }));
  });
  return new Map(known.map((one) => [keyOf(one), one]));
}

/** A GPU without a job, where the others do this. */
function resting({ linkGbPerSecond, memoryRiseC }: ClusterActivity): ClusterActivity {
  return {
    tensorActive: 0,
    memoryActive: 0,
    ...(linkGbPerSecond !== undefined && { linkGbPerSecond: 0 }),
    ...(memoryRiseC !== undefined && { memoryRiseC: 0 }),
  };
}

function linkBytesPerSecond(activity: ClusterActivity | undefined): number {
  return (activity?.linkGbPerSecond ?? 0) * 1e9;
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
        // The machine has left the job and is no longer sampled.
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

interface About {
  readonly described: ClusterDescribed;
  readonly errors: Errors | undefined;
  readonly totals: GpuTotals;
}

function valuesOf({ status, activity }: Known, { described, errors, totals }: About): GpuValues {
  // Nothing on the bus answers any more: what was said of it before is all there is.
  const isLost = errors?.xid === OFF_THE_BUS_XID;
  if (status === undefined || isLost) return errorValues(errors);
  return {
    ...statusValues(status, described.memoryBytesPerGpu),
    ...(activity && activityValues(status, activity, totals)),
    ...given("DCGM_FI_DEV_MEM_CLOCK", described.memoryClockMhz),
    ...errorValues(errors),
  };
}

const OFF_THE_BUS_XID = 79;

function statusValues(status: GpuStatus, memoryBytes: number): GpuValues {
  return {
    DCGM_FI_DEV_GPU_TEMP: Math.round(status.temperatureC),
    DCGM_FI_DEV_POWER_USAGE: status.powerWatts,
    DCGM_FI_DEV_GPU_UTIL: Math.round(status.utilisation * 100),
    DCGM_FI_DEV_FB_FREE: Math.round((memoryBytes - status.memoryBytes) / MEBIBYTE),
    DCGM_FI_DEV_FB_USED: Math.round(status.memoryBytes / MEBIBYTE),
  };
}

function activityValues(
  { temperatureC, utilisation, clockMhz, tensorActive }: GpuStatus,
  activity: ClusterActivity,
  { energyMillijoules, linkBytes }: GpuTotals,
): GpuValues {
  const { memoryActive, memoryRiseC, linkGbPerSecond } = activity;
  return {
    ...given("DCGM_FI_DEV_SM_CLOCK", clockMhz),
    ...(memoryRiseC !== undefined && {
      DCGM_FI_DEV_MEMORY_TEMP: Math.round(temperatureC + memoryRiseC),
    }),
    DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: Math.round(energyMillijoules),
    DCGM_FI_DEV_PCIE_REPLAY_COUNTER: 0,
    DCGM_FI_DEV_MEM_COPY_UTIL: Math.round(memoryActive * 100),
    DCGM_FI_PROF_GR_ENGINE_ACTIVE: utilisation,
    ...given("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", tensorActive),
    DCGM_FI_PROF_DRAM_ACTIVE: memoryActive,
    ...(linkGbPerSecond !== undefined && {
      DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL: Math.round(linkBytes),
      DCGM_FI_PROF_NVLINK_TX_BYTES: Math.round(linkBytesPerSecond(activity)),
      DCGM_FI_PROF_NVLINK_RX_BYTES: Math.round(linkBytesPerSecond(activity)),
    }),
  };
}

function given(name: keyof GpuValues, value: number | undefined): GpuValues {
  return value === undefined ? {} : { [name]: value };
}

function errorValues(errors: Errors = newErrors()): GpuValues {
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
