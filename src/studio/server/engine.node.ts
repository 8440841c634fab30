/** What computes, as the configuration says. */

import { availableParallelism } from "node:os";
import type { Settings } from "../../sound/library/settings.ts";
import type { RuntimeKind } from "../../sound/tensor/runtime.ts";

export interface Engine {
  readonly device: RuntimeKind;
  readonly threads: number;
  readonly memoryLimitBytes?: number;
}

export function engineOf({ hardware }: Settings): Engine {
  const { device, threads, memoryLimitGb } = hardware;
  return {
    device: device === "wasm" ? "wasm" : device === "cpu" ? "native" : "auto",
    threads: threads || availableParallelism(),
    ...(memoryLimitGb > 0 && { memoryLimitBytes: memoryLimitGb * 1e9 }),
  };
}
