import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Only what hangs is stopped: a busy machine takes twenty times as long as an idle one.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    expect: { poll: { timeout: 1_800_000 } },
    // One more than a small machine has cores: many a test waits for what it has started.
    maxWorkers: 3,
    // Modules are read once a worker, not once a file: tests keep what they change to themselves.
    isolate: false,
  },
});
