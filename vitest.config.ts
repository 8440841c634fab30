import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Only what hangs is stopped: a busy machine takes twenty times as long as an idle one.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    expect: { poll: { timeout: 1_800_000 } },
    // No folder: a test that would read or change what its user keeps at home fails instead.
    env: { HOME: "/dev/null", XDG_CONFIG_HOME: "", XDG_DATA_HOME: "" },
    // One more than a small machine has cores: many a test waits for what it has started.
    maxWorkers: 3,
    // Modules are read once a worker, not once a file: tests keep what they change to themselves.
    isolate: false,
  },
});
