/** The built command line, as a child process: what a person or a script gets to see. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWav } from "../src/sound/audio/codecs/wav-read.ts";
import { durationSeconds } from "../src/sound/audio/sound.ts";
import { Graph } from "../src/sound/tensor/graph.ts";
import { lower } from "../src/sound/tensor/lower.ts";
import { builtModule } from "./support/built-module.ts";
import { etudeHere } from "./support/command-here.ts";

const etude = join(import.meta.dirname, "..", "bin", "etude.mjs");
const commandNames = ["train", "resume", "generate", "evaluate", "corpus", "demo", "doctor"];

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude cli 🎻 "));
  // Builds once, so that no test below pays for it.
  expect((await run(["--version"])).exitCode).toBe(0);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function start(words: readonly string[], surroundings: Surroundings = {}): ChildProcess {
  const { environment = {}, folder: cwd = folder } = surroundings;
  const kept = { PATH: process.env["PATH"], HOME: folder, XDG_CONFIG_HOME: join(folder, "xdg") };
  return spawn(process.execPath, words, { cwd, env: { ...kept, ...environment } });
}

function run(words: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return endOf(start([etude, ...words], surroundings));
}

/** For what needs no process. */
function here(words: readonly string[]): Promise<Ended> {
  return etudeHere(words, folder);
}

async function endOf(child: ChildProcess): Promise<Ended> {
  child.stdin?.end();
  const [stdout, stderr, [exitCode]] = await Promise.all([
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
    once(child, "close"),
  ]);
  return { exitCode, stdout, stderr };
}

/** One second of a 440 Hz tone, 16 bits, mono, at 8 kHz. */
function tone(): Buffer {
  const rateHz = 8000;
  const samples = Buffer.alloc(rateHz * 2);
  for (let i = 0; i < rateHz; i += 1) {
    samples.writeInt16LE(Math.round(12000 * Math.sin((2 * Math.PI * 440 * i) / rateHz)), i * 2);
  }
  const head = Buffer.alloc(44);
  head.write("RIFF");
  head.writeUInt32LE(36 + samples.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(rateHz * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

describe("etude", () => {
  // The help of each command is read in src/cli/parse.test.ts.
  test("prints the help of a command on stdout alone", async () => {
    const { exitCode, stdout, stderr } = await run(["train", "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("Usage: etude train");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("prints its name and version", async () => {
    expect((await run(["--version"])).stdout).toMatch(/^etude \d+\.\d+\.\d+\n$/);
  });

  test("shows the commands on stderr and ends with 2 where none is given", async () => {
    const { exitCode, stdout, stderr } = await run([]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    for (const name of commandNames) expect(stderr).toContain(`\n  ${name} `);
  });

  test.each([
    { by: run, words: ["docter"], says: /docter[\s\S]*doctor/ },
    { by: here, words: ["doctor", "--jsn"], says: /--jsn[\s\S]*--json/ },
    { by: here, words: ["doctor", "--device", "wsam"], says: /auto, cpu, wasm[\s\S]*"wasm"/ },
    { by: here, words: ["corpus"], says: /FOLDER/ },
    { by: run, words: ["train"], says: /FOLDER/ },
    { by: here, words: ["train", "--json"], says: /FOLDER/ },
    { by: here, words: ["completions", "tcsh"], says: /bash, elvish, fish, powershell, zsh/ },
    { by: here, words: ["corpus", "nothing here"], says: /nothing here/ },
    { by: here, words: ["doctor", "extra"], says: /argument/ },
    { by: run, words: ["corpus", ".", "--config", "absent.toml"], says: /absent\.toml/ },
  ])("ends with 2 and says what is wrong with $words", async ({ by, words, says }) => {
    const { exitCode, stdout, stderr } = await by(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("ends with 1 on a configuration that is wrong, and names the line", async () => {
    await writeFile(join(folder, "wrong.toml"), "[hardware]\nthreads = ?\n");
    const { exitCode, stderr } = await run(["corpus", ".", "--config", "wrong.toml"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("line 2");
  });

  test("reads global options before and after the command alike", async () => {
    const config = join(folder, "wasm 🎻.toml");
    await writeFile(config, '[paths]\nruns = "below"\n');
    const words = ["--config", config, "--device", "wasm", "doctor", "--json"];
    const { exitCode, stdout } = await run(words);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      deviceWanted: "wasm",
      runtime: { kind: "wasm" },
      folders: expect.arrayContaining([
        expect.objectContaining({ name: "runs", path: join(folder, "below") }),
      ]),
      config: { path: config, exists: true, problem: null },
    });
  });

  test("tells of a broken configuration in doctor, and what to do", async () => {
    await writeFile(join(folder, "broken.toml"), "[hardware\n");
    const { exitCode, stdout } = await run(["doctor", "--json", "--config", "broken.toml"]);
    expect(exitCode).toBe(1);
    const { problems } = JSON.parse(stdout) as { problems: readonly unknown[] };
    expect(problems).toContainEqual(
      expect.objectContaining({
        code: "config-broken",
        severity: "fatal",
        hint: "Correct that line: [hardware",
      }),
    );
  });

  test("reports on a corpus whose path has spaces and an emoji, as text and as JSON", async () => {
    const corpus = join(folder, "sounds 🎻", "deep er");
    await mkdir(corpus, { recursive: true });
    await writeFile(join(corpus, "a tone 🔔.wav"), tone());
    await writeFile(join(corpus, "not a sound.wav"), "words");
    const told = await run(["corpus", "sounds 🎻"]);
    expect(told).toMatchObject({ exitCode: 0, stderr: "" });
    const { exitCode, stdout, stderr } = await run(["corpus", "sounds 🎻", "--json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const report = JSON.parse(stdout) as { files: readonly object[]; counts: object };
    expect(report.counts).toMatchObject({ total: 2, used: 1 });
    expect(report.files).toContainEqual(
      expect.objectContaining({ path: "deep er/a tone 🔔.wav", fate: "used", sampleRateHz: 8000 }),
    );
  });

  test("writes examples of the augmentation outside the corpus, with their parameters", async () => {
    await mkdir(join(folder, "bells"));
    await writeFile(join(folder, "bells", "a.wav"), tone());
    const words = ["corpus", "bells", "--json", "--seed", "3", "--export-augmented"];
    const inside = await run([...words, "bells/examples"]);
    expect(inside).toMatchObject({ exitCode: 2, stdout: "" });
    expect(inside.stderr).toContain("bells/examples");
    const { exitCode, stdout } = await run([...words, "examples"]);
    expect(exitCode).toBe(0);
    const { augmented } = JSON.parse(stdout) as { augmented: { examples: unknown[] } };
    const listed = await readFile(join(folder, "examples", "augmentation.json"), "utf8");
    expect(JSON.parse(listed)).toEqual({ seed: 3, examples: augmented.examples });
    expect(augmented.examples).toMatchObject([
      { file: "01 a.wav", source: "a.wav", augmentation: null },
      { file: "01 a (changed).wav", augmentation: { noise: null } },
      { file: "01 a (changed, noise).wav", augmentation: { noise: { seed: expect.any(Number) } } },
    ]);
    const { sound } = readWav(await readFile(join(folder, "examples", "01 a (changed).wav")));
    const seconds = durationSeconds(sound);
    expect(seconds).not.toBe(1);
    expect(seconds).toBeGreaterThan(0.85);
    expect(seconds).toBeLessThan(1.15);
  });

  test.each([{ words: ["--help"] }, { words: ["corpus", "."] }])(
    "does not crash when nobody reads $words",
    async ({ words }) => {
      const child = start([etude, ...words]);
      child.stdout?.destroy();
      const [stderr, [exitCode]] = await Promise.all([
        child.stderr ? text(child.stderr) : "",
        once(child, "close"),
      ]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    },
  );

  test.each([
    { environment: { FORCE_COLOR: "1" }, words: [], coloured: true },
    { environment: { FORCE_COLOR: "1", NO_COLOR: "1" }, words: [], coloured: false },
    { environment: { FORCE_COLOR: "1" }, words: ["--no-color"], coloured: false },
    { environment: {}, words: [], coloured: false },
  ])("colours its errors: $coloured, with $environment and $words", async (one) => {
    const { stderr } = await run(["nonsense", ...one.words], { environment: one.environment });
    expect(stderr).toContain("nonsense");
    expect(stderr.includes("\u001b[")).toBe(one.coloured);
  });
});

test("says so where the folder that it was started in is gone", async () => {
  const main = join(import.meta.dirname, "..", "program", "main.node.js");
  const program = `
    import { mkdirSync, rmdirSync } from "node:fs";
    mkdirSync("gone");
    process.chdir("gone");
    rmdirSync("../gone");
    process.argv.splice(1, Infinity, "etude", "doctor");
    await import(${JSON.stringify(main)});`;
  const { exitCode, stderr } = await endOf(start(["--input-type=module", "--eval", program]));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^etude: Cannot work here: .*\n {2}Go to another folder/);
});

describe("stopping", () => {
  let stopSignals: string;
  beforeAll(async () => {
    stopSignals = await builtModule("cli/stop-signals.node.ts", folder);
  });

  /** A program that says "ready", then what it hears; alone it would never end. */
  function listener(saves: boolean): ChildProcess {
    const program = `
      import { listenForStop } from ${JSON.stringify(stopSignals)};
      const { signal } = listenForStop(${saves});
      signal.addEventListener("abort", () => console.log("aborted: " + signal.reason.name));
      setInterval(() => {}, 1000);
      console.log("ready");`;
    return start(["--input-type=module", "--eval", program]);
  }

  async function nextLine(child: ChildProcess): Promise<string> {
    if (child.stdout === null) throw new Error("no stdout");
    const [chunk] = await Promise.race([once(child.stdout, "data"), once(child, "close")]);
    return String(chunk).trim();
  }

  test("aborts at the first Ctrl-C and leaves with 130 at the second, where there is work to save", async () => {
    const child = listener(true);
    expect(await nextLine(child)).toBe("ready");
    child.kill("SIGINT");
    expect(await nextLine(child)).toBe("aborted: AbortError");
    expect(child.exitCode).toBeNull();
    child.kill("SIGINT");
    // What a shell reports as 130.
    expect(await once(child, "close")).toEqual([null, "SIGINT"]);
  });

  // What a shell reports as 130 and 143.
  test.each(["SIGINT", "SIGTERM"] as const)(
    "leaves at once by %s, where there is none",
    async (signal) => {
      const child = listener(false);
      expect(await nextLine(child)).toBe("ready");
      child.kill(signal);
      expect(await once(child, "close")).toEqual([null, signal]);
    },
  );

  test("does not crash in the middle of a step of another thread", async () => {
    const graph = new Graph();
    const x = graph.input("x", [600, 600]);
    const model = Buffer.from(lower(graph, { product: graph.matmul(x, x) })).toString("base64");
    const worker = `
        const { default: { InferenceSession, Tensor } } = await import(process.env.RUNTIME);
        const { parentPort } = await import("node:worker_threads");
        const x = new Tensor("float32", new Float32Array(360000), [600, 600]);
        const session = await InferenceSession.create(Buffer.from(process.env.MODEL, "base64"));
        await session.run({ x });
        parentPort.postMessage("at work");
        for (;;) await session.run({ x });`;
    const program = `
        import { Worker } from "node:worker_threads";
        import { listenForStop } from ${JSON.stringify(stopSignals)};
        listenForStop(false);
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
        worker.on("message", () => console.log("ready"));`;
    const environment = {
      RUNTIME: import.meta.resolve("onnxruntime-node"),
      MODEL: model,
      ORT_DISABLE_TELEMETRY: "1",
    };
    const child = start(["--input-type=module", "--eval", program], { environment });
    expect(await nextLine(child)).toBe("ready");
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([null, "SIGINT"]);
  });
});
