import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { defaultConfig, loadConfig, saveConfig } from "./config.node.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude config 🎻 "));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function configWith(text: string, name = "etude.toml"): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, text);
  return path;
}

function place(path?: string): Parameters<typeof loadConfig>[0] {
  const environment = { XDG_CONFIG_HOME: join(folder, "xdg"), XDG_DATA_HOME: join(folder, "data") };
  return { workingFolder: folder, environment, ...(path !== undefined && { path }) };
}

async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw new Error(`Expected a UserError, got ${String(error)}`);
}

describe("loadConfig()", () => {
  test("gives the defaults where there is no file", async () => {
    const config = await loadConfig(place());
    expect(config).toEqual({
      path: join(folder, "xdg", "etude", "config.toml"),
      exists: false,
      warnings: [],
      settings: {
        general: { colour: true, verbose: false },
        paths: {
          runs: join(folder, "runs"),
          models: join(folder, "data", "etude", "models"),
          generated: join(folder, "generated"),
          datasets: join(folder, "data", "etude", "datasets"),
          history: join(folder, "data", "etude", "history"),
          data: join(folder, "data", "etude"),
        },
        history: { keepGb: 5 },
        worker: { keepGb: 20 },
        hardware: { device: "auto", threads: 0, memoryLimitGb: 0 },
      },
    });
    expect(defaultConfig(place("broken.toml")).settings).toEqual(config.settings);
  });

  test("finds etude/config.toml in the user's configuration folder", async () => {
    await configWith('[hardware]\ndevice = "wasm"\n', "xdg/etude/config.toml");
    const config = await loadConfig(place());
    expect(config.exists).toBe(true);
    expect(config.settings.hardware).toEqual({ device: "wasm", threads: 0, memoryLimitGb: 0 });
    expect(config.settings.paths.runs).toBe(join(folder, "runs"));
  });

  test("starts relative paths from the file's folder, and expands ~", async () => {
    const path = await configWith('paths.runs = "r"\npaths.generated = "~/sounds"', "a/b.toml");
    const { paths } = (await loadConfig(place(path))).settings;
    expect(paths).toEqual({
      runs: join(folder, "a", "r"),
      models: join(folder, "a", "models"),
      history: join(folder, "a", "history"),
      generated: join(homedir(), "sounds"),
      datasets: join(folder, "a", "datasets"),
      data: join(folder, "a"),
    });
  });

  test("keeps two files in two folders apart", async () => {
    const [one, other] = [await configWith("", "one/c.toml"), await configWith("", "two/c.toml")];
    const paths = [await loadConfig(place(one)), await loadConfig(place(other))].flatMap((config) =>
      Object.values(config.settings.paths),
    );
    expect(new Set(paths).size).toBe(12);
  });

  test("accepts keys and sections that it does not know, and hides them", async () => {
    const path = await configWith("[hardware]\nquantum = true\n[later]\nx = 1979-05-27");
    expect((await loadConfig(place(path))).settings.hardware).not.toHaveProperty("quantum");
  });

  test.each([
    ["[hardware]\nthread = 2", 'hardware.thread in line 2 of "', "hardware.threads?"],
    ["[hardware]\nmemory_limit_gb = 2", "hardware.memory_limit_gb in line 2", "memoryLimitGb?"],
    ["[harware]\nthreads = 2", "harware in line 1", "did you mean hardware?"],
    ["[general]\nthreads = 2", "general.threads in line 2", "hardware.threads?"],
    ["threads = 2", "threads in line 1", "hardware.threads?"],
    ["[general]\ncolor = false", "general.color in line 2", "general.colour?"],
  ])("says what was probably meant by %j", async (text, names, meant) => {
    const { warnings } = await loadConfig(place(await configWith(text)));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(names);
    expect(warnings[0]).toContain(meant);
  });

  test("says nothing of keys that are like none of ours", async () => {
    const path = await configWith('[hardware]\nquantum = true\n[library]\nserver = "x"');
    expect((await loadConfig(place(path))).warnings).toEqual([]);
  });

  test.each([
    ["[hardware]\nthreads = = 2", "config-not-toml", /line 2, column 1\d?/],
    [
      "[hardware]\n\nthreads = 2.5",
      "config-value",
      /hardware\.threads in line 3.*2\.5.*whole number/,
    ],
    ['hardware.device = "tpu"', "config-value", /hardware\.device in line 1.*"tpu".*"wasm"/],
    ["[general]\ncolour = 1", "config-value", /general\.colour in line 2.*true or false/],
    ["[hardware]\nmemoryLimitGb = nan", "config-value", /memoryLimitGb in line 2/],
    ['paths = "here"', "config-value", /paths in line 1.*section/],
  ])("says where %j is wrong and what is needed", async (text, code, says) => {
    const error = await failure(loadConfig(place(await configWith(text))));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(error.exitCode).toBe(1);
  });

  test("says that a file named by --config is not there", async () => {
    const error = await failure(loadConfig(place("none.toml")));
    expect(error).toMatchObject({ code: "config-not-found", exitCode: 2 });
    expect(error.message).toContain(join(folder, "none.toml"));
  });
});

describe("saveConfig()", () => {
  test("changes what is given and keeps the rest, known or not", async () => {
    const path = await configWith(
      '[hardware]\nthreads = 2\nquantum = "yes"\n[later]\nx = [1, 2]\n',
    );
    await saveConfig(path, { hardware: { threads: 3 }, general: { verbose: true } });
    expect(parse(await readFile(path, "utf8"))).toMatchObject({
      hardware: { threads: 3, quantum: "yes" },
      later: { x: [1, 2] },
      general: { verbose: true },
    });
  });

  test("keeps comments, order and spaces", async () => {
    const before = [
      "# of mine",
      "",
      "[paths] # where things go",
      'runs = "a # b"   # on the big disk',
      "",
      "[hardware]",
      "threads = 2",
      "",
      "# the end",
      "",
    ].join("\n");
    const path = await configWith(before);
    await saveConfig(path, { paths: { runs: "/c", generated: "/d" }, general: { verbose: true } });
    expect(await readFile(path, "utf8")).toBe(
      before
        .replace('"a # b"   #', '"/c"   #')
        .replace("big disk\n", 'big disk\ngenerated = "/d"\n')
        .concat("\n[general]\nverbose = true\n"),
    );
  });

  test.each([
    'paths = { runs = "a" }\n',
    'paths.runs = "a"\npaths . generated = "b"\n',
    '[paths]\nruns = """a\n# b"""\n',
    '["paths"]\nruns = "a"\n',
  ])("saves into files that are written in other ways: %j", async (text) => {
    const path = await configWith(text);
    await saveConfig(path, { paths: { runs: "/c", generated: "/d" } });
    expect(parse(await readFile(path, "utf8"))).toMatchObject({
      paths: { runs: "/c", generated: "/d" },
    });
  });

  test("makes the file and its folder", async () => {
    const path = join(folder, "new", "config.toml");
    await saveConfig(path, { hardware: { device: "cpu" } });
    expect((await loadConfig(place(path))).settings.hardware.device).toBe("cpu");
  });

  test("writes nothing that it would not read again", async () => {
    const path = await configWith("[hardware]\nthreads = 2\n");
    const error = await failure(saveConfig(path, { hardware: { threads: -1 } }));
    expect(error.code).toBe("config-value");
    expect(await readFile(path, "utf8")).toBe("[hardware]\nthreads = 2\n");
  });
});
