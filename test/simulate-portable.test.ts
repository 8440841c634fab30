/** The simulator where there is no Node: bundled as for a browser, run with the bare language. */

import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "vite";
import { expect, test } from "vitest";
import type { SceneOptions } from "../src/rehearsal/engine/scene.ts";
import { SCENES } from "../src/rehearsal/scenes/scenes.ts";

const scenesFile = join(import.meta.dirname, "../src/rehearsal/scenes/scenes.ts");
const ITEMS = 4000;

test("tells the same runs, byte for byte, without anything of Node", async () => {
  const context = createContext({});
  runInContext(await bundled(), context);
  for (const scene of SCENES) {
    const options: SceneOptions = {
      seed: 77,
      program: "etude 0.0.0",
      wanted: {},
      funny: false,
      incidents: [],
      byChance: true,
    };
    const told = runInContext(
      `${firstItems.toString()}; firstItems(simulator.SCENES.find(({ name }) => name === ${JSON.stringify(scene.name)}).start(${JSON.stringify(options)}).items, ${ITEMS})`,
      context,
    );
    expect(told).toBe(firstItems(scene.start(options).items, ITEMS));
    expect(told.length).toBeGreaterThan(10_000);
  }
});

function firstItems(items: Iterable<unknown>, count: number): string {
  const lines: string[] = [];
  for (const item of items) {
    lines.push(JSON.stringify(item));
    if (lines.length === count) break;
  }
  return lines.join("\n");
}

/** One script that leaves the simulator in the global name `simulator`. */
async function bundled(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      target: "es2022",
      lib: { entry: scenesFile, name: "simulator", formats: ["iife"] },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !("output" in output)) throw new Error("vite gave no output");
  return output.output[0].code;
}
