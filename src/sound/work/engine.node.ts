/** Device, threads and memory limit, as configured. */

import { availableParallelism } from "node:os";
import type { Settings } from "../library/settings.ts";
import type { DeviceWish, RuntimeKind } from "../tensor/runtime.ts";

export interface Engine {
  readonly device: RuntimeKind;
  readonly threads: number;
  /** Absent where there is no limit. */
  readonly memoryLimitBytes?: number;
}

/** Of everything but training, which alone is worth the way to a GPU: the processor. */
export function engineOf({ hardware }: Pick<Settings, "hardware">): Engine {
  const { device, threads, memoryLimitGb } = hardware;
  return {
    device: device === "wasm" ? "wasm" : device === "cpu" ? "native" : "auto",
    threads: threads || availableParallelism(),
    ...(memoryLimitGb > 0 && { memoryLimitBytes: memoryLimitGb * 1e9 }),
  };
}

/** Of a training, which may ask for the GPU. */
export function trainingDeviceOf(settings: Pick<Settings, "hardware">): DeviceWish {
  return settings.hardware.device === "gpu" ? "gpu" : engineOf(settings).device;
}
