/**
 * The metrics of each GPU, under the names of NVIDIA's dcgm-exporter.
 *
 * Names, kinds and units: dcgm-exporter, etc/default-counters.csv and dcp-metrics-included.csv,
 * and DCGM's own fields for the two NVLink rates, which those files leave out.
 */

import type { DeviceFamily } from "../../show/metrics/device-metrics.ts";

export interface GpuFamily extends DeviceFamily {
  readonly name: GpuFamilyName;
}

const FAMILIES = {
  DCGM_FI_DEV_SM_CLOCK: { kind: "gauge", help: "Clock of the multiprocessors, in MHz" },
  DCGM_FI_DEV_MEM_CLOCK: { kind: "gauge", help: "Clock of the memory, in MHz" },
  DCGM_FI_DEV_MEMORY_TEMP: { kind: "gauge", help: "Temperature of the memory, in degrees C" },
  DCGM_FI_DEV_GPU_TEMP: { kind: "gauge", help: "Temperature of the chip, in degrees C" },
  DCGM_FI_DEV_POWER_USAGE: { kind: "gauge", help: "Power that it draws, in W" },
  DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: {
    kind: "counter",
    help: "Energy drawn since it was first seen, in mJ",
  },
  DCGM_FI_DEV_PCIE_REPLAY_COUNTER: {
    kind: "counter",
    help: "Packets that PCI Express had to send again",
  },
  DCGM_FI_DEV_GPU_UTIL: {
    kind: "gauge",
    help: "Share of the time in which a kernel runs, also one that only waits, in %",
  },
  DCGM_FI_DEV_MEM_COPY_UTIL: {
    kind: "gauge",
    help: "Share of the time in which memory is read or written, in %",
  },
  DCGM_FI_DEV_XID_ERRORS: { kind: "gauge", help: "Number of the newest Xid, 0 for none" },
  DCGM_FI_DEV_FB_FREE: { kind: "gauge", help: "Memory that is free, in MiB" },
  DCGM_FI_DEV_FB_USED: { kind: "gauge", help: "Memory that is taken, in MiB" },
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: {
    kind: "counter",
    help: "Memory errors of two bits, which cannot be corrected",
  },
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: {
    kind: "counter",
    help: "Memory rows replaced after errors that could not be corrected",
  },
  DCGM_FI_DEV_ROW_REMAP_FAILURE: {
    kind: "gauge",
    help: "1 where a row could not be replaced, else 0",
  },
  DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: {
    kind: "counter",
    help: "Checksum errors in the flow control of NVLink",
  },
  DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL: {
    kind: "counter",
    help: "Sent and received over all lanes of NVLink since it was first seen, in bytes",
  },
  DCGM_FI_PROF_GR_ENGINE_ACTIVE: {
    kind: "gauge",
    help: "Share of the time in which the compute engine has work, 0 to 1",
  },
  DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: {
    kind: "gauge",
    help: "Share of the cycles in which tensor cores work, 0 to 1",
  },
  DCGM_FI_PROF_DRAM_ACTIVE: {
    kind: "gauge",
    help: "Share of the cycles in which the memory sends or receives, 0 to 1",
  },
  DCGM_FI_PROF_NVLINK_TX_BYTES: { kind: "gauge", help: "Sent over NVLink, in bytes per second" },
  DCGM_FI_PROF_NVLINK_RX_BYTES: {
    kind: "gauge",
    help: "Received over NVLink, in bytes per second",
  },
} as const;

export type GpuFamilyName = keyof typeof FAMILIES;

export type GpuValues = Readonly<Partial<Record<GpuFamilyName, number>>>;

/** In the order in which they are written. */
export const GPU_FAMILIES: readonly GpuFamily[] = (Object.keys(FAMILIES) as GpuFamilyName[]).map(
  (name) => ({ name, ...FAMILIES[name] }),
);
