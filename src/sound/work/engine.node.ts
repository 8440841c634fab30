/** What computes, as the configuration says. */

import { availableParallelism } from "node:os";
import type { Settings } from "../library/settings.ts";
import type { RuntimeKind } from "../tensor/runtime.ts";

export interface Engine {
  readonly device: RuntimeKind;
  readonly threads: number;
  /** Absent where there is no limit. */
  readonly memoryLimitBytes?: number;
}

/** A GPU is not used yet: where one is asked for, the CPU computes. */
export function engineOf({ hardware }: Pick<Settings, "hardware">): Engine {
  const { device, threads, memoryLimitGb } = hardware;
  return {
    device: device === "wasm" ? "wasm" : device === "cpu" ? "native" : "auto",
    threads: threads || availableParallelism(),
    ...(memoryLimitGb > 0 && { memoryLimitBytes: memoryLimitGb * 1e9 }),
  };
}
