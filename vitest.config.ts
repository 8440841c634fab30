import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Only what hangs is stopped: a busy machine takes ten times as long as an idle one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 600_000 } },
    // One more than a small machine has cores: many a test waits for what it has started.
    maxWorkers: 3,
    // Modules are read once a worker, not once a file: tests keep what they change to themselves.
    isolate: false,
  },
});
