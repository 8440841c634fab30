/** A runtime that calls back between two programs. */

import type { Runtime } from "../tensor/runtime.ts";

/** Calls `after` whenever a program was compiled or has run. */
export function watched(runtime: Runtime, after: () => Promise<void>): Runtime {
  const then = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    await after();
    return result;
  };
  const { device } = runtime;
  return {
    ...runtime,
    compile: async (model) => {
      const program = await then(runtime.compile(model));
      return {
        run: (inputs) => then(program.run(inputs)),
        release: () => program.release(),
      };
    },
    ...(device && {
      device: {
        compile: async (model, kept) => {
          const program = await then(device.compile(model, kept));
          return {
            run: (inputs) => then(program.run(inputs)),
            release: () => program.release(),
          };
        },
      },
    }),
  };
}
