/**
 * The settings in the user's configuration, with their defaults.
 *
 * Pure: `config.node.ts` reads and writes the file. Unknown keys are kept, so that a file of a
 * newer program survives an older one.
 */

export const DEVICES = ["auto", "cpu", "wasm", "gpu"] as const;

export type Device = (typeof DEVICES)[number];

export interface Settings {
  readonly general: {
    /** Colours on terminals. @default true */
    readonly colour: boolean;
    /** As `--verbose`. @default false */
    readonly verbose: boolean;
  };
  /** Absolute folders. */
  readonly paths: {
    /** Where new run folders are made. @default "runs" in the working folder */
    readonly runs: string;
    /** The library of models. @default "etude/models" in the user's data folder */
    readonly models: string;
    /** Where generated sounds go. @default "generated" in the working folder */
    readonly generated: string;
    /** Named datasets. @default "etude/datasets" in the user's data folder */
    readonly datasets: string;
    /** Sounds that were made. @default "etude/history" in the user's data folder */
    readonly history: string;
    /** What étude keeps for itself. @default "etude" in the user's data folder */
    readonly data: string;
  };
  readonly history: {
    /**
     * Most that the sounds of the history may take, in GB (10^9 bytes): beyond it the oldest are
     * deleted, and only what makes them again is kept; 0 for no limit. @default 5
     */
    readonly keepGb: number;
  };
  readonly worker: {
    /**
     * Most that the recordings kept for `etude worker --nats` may take, in GB (10^9 bytes): beyond it
     * those that were not used for longest are deleted; 0 for no limit. @default 20
     */
    readonly keepGb: number;
  };
  readonly hardware: {
    /** @default "auto" */
    readonly device: Device;
    /** 0 for all cores. @default 0 */
    readonly threads: number;
    /** Most memory a run may take, in GB (10^9 bytes); 0 for no limit. @default 0 */
    readonly memoryLimitGb: number;
  };
}

export type Section = keyof Settings;

/** What is accepted for a key. */
export interface KeyRule {
  readonly section: Section;
  readonly key: string;
  /** In words: "a whole number from 0 to 256". */
  readonly needed: string;
  accepts(value: unknown): boolean;
}

export const keyRules: readonly KeyRule[] = [
  flag("general", "colour"),
  flag("general", "verbose"),
  path("runs"),
  path("models"),
  path("generated"),
  path("datasets"),
  path("history"),
  path("data"),
  gigabytes("history", "keepGb"),
  gigabytes("worker", "keepGb"),
  {
    section: "hardware",
    key: "device",
    needed: `one of ${DEVICES.map((device) => `"${device}"`).join(", ")}`,
    accepts: (value) => DEVICES.some((device) => device === value),
  },
  {
    section: "hardware",
    key: "threads",
    needed: "a whole number from 0 to 256 (0 for all cores)",
    accepts: (value) => Number.isInteger(value) && isBetween(value, 0, 256),
  },
  gigabytes("hardware", "memoryLimitGb"),
];

/** Merges `over` into `base`: tables key by key, everything else replaced. Neither is modified. */
export function merged(base: Table, over: Table): Table {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isTable(value) && isTable(below) ? merged(below, value) : value;
  }
  return result;
}

export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  if (typeof value !== "object" || value === null) return false;
  // The TOML reader makes tables without a prototype; dates and arrays are not tables.
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function flag(section: Section, key: string): KeyRule {
  return {
    section,
    key,
    needed: "true or false",
    accepts: (value) => typeof value === "boolean",
  };
}

function path(key: string): KeyRule {
  return {
    section: "paths",
    key,
    needed: "the path of a folder, as text",
    accepts: (value) => typeof value === "string" && value !== "",
  };
}

function gigabytes(section: Section, key: string): KeyRule {
  return {
    section,
    key,
    needed: "a number from 0 to 100000 (0 for no limit)",
    accepts: (value) => isBetween(value, 0, 100_000),
  };
}

function isBetween(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && value >= min && value <= max;
}
