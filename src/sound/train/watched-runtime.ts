/** Runtimes whose work somebody else follows. */

import type { Kept, Runtime } from "../tensor/runtime.ts";

/** Calls `after` whenever a program was compiled, has run or is released. */
export function watched(runtime: Runtime, after: () => Promise<void>): Runtime {
  return around(runtime, async (work) => {
    const result = await work();
    await after();
    return result;
  });
}

/** Says when each piece of work begins, and when it has ended, be it by an error. */
export function announced(runtime: Runtime, tell: (what: "begun" | "ended") => void): Runtime {
  return around(runtime, (work) => announcedWork(work, tell));
}

export async function announcedWork<T>(
  work: () => Promise<T>,
  tell: (what: "begun" | "ended") => void,
): Promise<T> {
  tell("begun");
  try {
    return await work();
  } finally {
    tell("ended");
  }
}

type Around = <T>(work: () => Promise<T>) => Promise<T>;

function around(runtime: Runtime, wrap: Around): Runtime {
  const { device } = runtime;
  return {
    ...runtime,
    compile: async (model) => {
      const program = await wrap(() => runtime.compile(model));
      return {
        run: (inputs) => wrap(() => program.run(inputs)),
        release: () => wrap(() => program.release()),
      };
    },
    ...(device && {
      device: {
        compile: async (model, kept) => {
          const program = await wrap(() => device.compile(model, kept));
          return {
            run: async (inputs) => {
              const results = await wrap(() => program.run(inputs));
              for (const one of Object.values(results.kept)) readAround(one, wrap);
              return results;
            },
            release: () => wrap(() => program.release()),
          };
        },
      },
    }),
  };
}

/** In place: the device knows its numbers by this very object. */
function readAround(kept: Kept, wrap: Around): void {
  const read = kept.read.bind(kept);
  Object.assign(kept, { read: () => wrap(read) });
}
