import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What starts processes and browsers takes longest: begun last, it would be waited for alone. */
class WholeProgramsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isUnit = ({ moduleId }: TestSpecification): boolean => moduleId.includes("/src/");
    return [...sorted.filter((file) => !isUnit(file)), ...sorted.filter(isUnit)];
  }
}

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
    // Simulated runs and sounds are made and dropped by the megabyte: fewer, larger collections take
    // a tenth less of the processor.
    execArgv: ["--max-semi-space-size=64"],
    // Modules are read once a worker, not once a file: tests keep what they change to themselves.
    isolate: false,
    sequence: { sequencer: WholeProgramsFirst },
    // Modules that have not changed since the last run are not compiled again.
    experimental: { fsModuleCache: true },
  },
});
