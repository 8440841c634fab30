/** A run kept in memory: lost when the program ends, unless its files are copied elsewhere. */

import type { RunStore } from "./run-store.ts";

/** The files of a run by name. A copy of the map is what a kill at that moment would leave. */
export type RunFiles = Map<string, Uint8Array<ArrayBuffer>>;

/** @param files What is there already; it changes as the run goes on. */
export function memoryStore(files: RunFiles = new Map()): RunStore {
  const place = "memory";
  return {
    place,
    pathOf: (name) => `${place}/${name}`,
    read: async (name) => files.get(name)?.slice(),
    write: async (name, bytes) => {
      files.set(name, Uint8Array.from(bytes));
    },
    remove: async (name) => {
      files.delete(name);
    },
    namesIn: async (folder) => [...files.keys()].filter((name) => name.startsWith(`${folder}/`)),
    bytesOf: async (name) => files.get(name)?.length,
  };
}
