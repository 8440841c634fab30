/**
 * Whole runs by the built command line: what is printed, kept, stopped, resumed and refused.
 *
 * Mostly the `mel` model in batches of one: what is tested here does not depend on the
 * architecture, and the `spectral` model takes seconds to prepare.
 */

import { writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunEvent } from "../src/events/events.ts";
import { etudeHere } from "./support/command-here.ts";
import {
  type Ended,
  endOf,
  eventsOf,
  follow,
  letGoOn,
  lineOf,
  ofType,
  type SignalAt,
  startEtude,
  startSignalled,
  writePlucks,
} from "./support/etude-process.ts";
import { flipByte, headOf, modelSum, numbersOf } from "./support/kept-runs.ts";

const SMALL =
  "--model mel --latent 4 --chunk-seconds 0.4 --batch-size 1 --threads 1 --seed 7 --no-analysis".split(
    " ",
  );
const RESUME = ["resume", "--no-analysis"];
const EPOCHS = 2;
const STEPS = EPOCHS * 8;

let folder: string;
let corpus: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude train ä 🎻 "));
  corpus = join(folder, "Klänge für 🎻");
  await writePlucks(corpus, 6);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const start = (words: readonly string[]) => startEtude(words, folder);
const startStopping = (words: readonly string[], ...signals: SignalAt[]) =>
  startSignalled(words, folder, signals);
const run = (words: readonly string[]): Promise<Ended> => endOf(start(words));
/** What is refused before any thread begins needs no process of its own. */
const refused = (words: readonly string[]): Promise<Ended> => etudeHere(words, folder);
const trainWords = (name: string): string[] => {
  const every = ["--checkpoint-every", "1", "--epochs", String(EPOCHS), "--json"];
  return ["train", corpus, "-o", join(folder, name), ...SMALL, ...every];
};
/** Previews take as long as all else in so small a run, and change none of its numbers. */
const withoutPreviews = (name: string): string[] => [...trainWords(name), "--preview-every", "0"];

describe("a run of two epochs", () => {
  let whole: Ended;
  let events: readonly RunEvent[];

  beforeAll(async () => {
    whole = await run(trainWords("whole"));
    events = eventsOf(whole.stdout);
  });

  test("prints the lines that events.jsonl keeps, and ends with 0", async () => {
    expect(whole).toMatchObject({ exitCode: 0, stderr: "" });
    expect(whole.stdout).toBe(await readFile(join(folder, "whole", "events.jsonl"), "utf8"));
  });

  test("starts once, counts steps and epochs upward without gaps, ends once", () => {
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    expect(events[0]).toMatchObject({ type: "run-started", resumedAtStep: 0, seed: 7 });
    expect(ofType(events, "run-started")).toHaveLength(1);
    const steps = ofType(events, "step-done").map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(ofType(events, "epoch-done").map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(ofType(events, "run-ended")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished", step: STEPS });
  });

  test("echoes the settings that were given beside those that were chosen", () => {
    const [plan] = ofType(events, "plan-made");
    const configuration = {
      model: "mel",
      batchSize: 1,
      seed: 7,
      epochs: 2,
      preset: "conservative",
    };
    expect(plan).toMatchObject({ epochsTotal: 2, batchSize: 1, configuration });
  });

  test("tells where each file stands, none on both sides", () => {
    const [read] = ofType(events, "corpus-read");
    const { trainFiles = [], validationFiles = [] } = read ?? {};
    expect(validationFiles).toHaveLength(3);
    expect([...trainFiles, ...validationFiles].toSorted()).toEqual(
      Array.from({ length: 6 }, (_, i) => `pluck ${i}.wav`),
    );
  });

  test("keeps previews of every due epoch under the paths that it told", async () => {
    const previews = ofType(events, "preview-made");
    // One pair that stays, one that changes; before the first step, and of the last epoch.
    const kinds = ["original", "reconstruction", "original", "reconstruction", "sample"];
    expect(previews.map(({ epoch, kind }) => `${epoch} ${kind}`)).toEqual(
      [0, 2].flatMap((epoch) => kinds.map((kind) => `${epoch} ${kind}`)),
    );
    const kept = previews.filter(({ kind, changing }) => kind !== "sample" && changing !== true);
    expect(new Set(kept.map(({ recording }) => recording)).size).toBe(1);
    for (const { path, sampleRate, durationSeconds } of previews) {
      const wav = headOf(await readFile(join(folder, path)));
      expect(wav.sampleRate).toBe(sampleRate);
      expect(wav.frameCount / sampleRate).toBeCloseTo(durationSeconds, 6);
    }
  });

  test("keeps one checkpoint to go on from and the finished model, and no lock", async () => {
    const checkpoints = await readdir(join(folder, "whole", "checkpoints"));
    expect(checkpoints).toEqual(["step-00000016.safetensors"]);
    expect(await readdir(join(folder, "whole"))).toEqual(
      expect.arrayContaining(["events.jsonl", "model.etude", "run.json"]),
    );
    expect(await readdir(join(folder, "whole"))).not.toContain("lock");
  });

  test("cannot be resumed up to an epoch that is done", async () => {
    const again = await refused([...RESUME, join(folder, "whole"), "--epochs", "1"]);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(/Cannot resume up to epoch 1: found 2 done, need more/);
    const plain = await refused([...RESUME, join(folder, "whole")]);
    expect(plain.exitCode).toBe(2);
    expect(plain.stderr).toMatch(/found all 2 epochs done and the model saved[\s\S]*--epochs/);
  });

  test("refuses a second run in its folder", async () => {
    const second = await refused(trainWords("whole"));
    expect(second).toMatchObject({ exitCode: 2, stdout: "" });
    expect(second.stderr).toMatch(/already holds one[\s\S]*etude resume/);
  });

  test("gives the same numbers when Ctrl-C comes while the previews of an epoch are written", async () => {
    const name = "stopped in previews";
    const child = start(trainWords(name));
    const first = await follow(child, (event) => {
      if (event.type === "preview-made" && event.epoch === 2) child.kill("SIGINT");
    });
    expect(first.exitCode).toBe(3);
    const rest = await follow(start([...RESUME, join(folder, name), "--json"]), () => {});
    expect(numbersOf([...first.events, ...rest.events])).toEqual(numbersOf(events));
    expect(await modelSum(join(folder, name))).toBe(await modelSum(join(folder, "whole")));
  });

  test("gives the same numbers when it is stopped again and again, once by two signals", async () => {
    const name = "stopped";
    const resumeWords = [...RESUME, join(folder, name), "--json"];
    const stops = [
      { step: 3, signals: ["SIGTERM"], exitCode: 3 },
      // The second leaves at once, and saves nothing; a shell reports this as 130.
      { step: 11, signals: ["SIGTERM", "SIGINT"], exitCode: null },
    ] as const;
    const all: RunEvent[] = [];
    for (const [i, { step, signals, exitCode }] of stops.entries()) {
      const words = i === 0 ? withoutPreviews(name) : resumeWords;
      const line = lineOf("step-done", step);
      const child = startStopping(words, ...signals.map((signal) => ({ line, signal })));
      const { exitCode: code, events: told } = await follow(child);
      const signal = exitCode === null ? signals.at(-1) : null;
      expect({ step, code, signal: child.signalCode }).toEqual({ step, code: exitCode, signal });
      all.push(...told);
    }
    const { exitCode, events: rest } = await follow(start(resumeWords));
    all.push(...rest);

    expect(exitCode).toBe(0);
    expect(numbersOf(all)).toEqual(numbersOf(events));
    expect(await modelSum(join(folder, name))).toBe(await modelSum(join(folder, "whole")));
    const kept = eventsOf(await readFile(join(folder, name, "events.jsonl"), "utf8"));
    expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, i) => i));
    expect(ofType(kept, "run-started")).toHaveLength(stops.length + 1);
    expect(numbersOf(kept)).toEqual(numbersOf(events));
    const left = await readdir(join(folder, name, "checkpoints"));
    expect(left.filter((file) => file.endsWith(".tmp"))).toEqual([]);
    expect(left).toEqual(["step-00000016.safetensors"]);
  });
});

describe("a run that Ctrl-C stopped", () => {
  const words = () => [...RESUME, join(folder, "cut"), "--json"];

  /** A copy that a test may damage. */
  async function copyOfCut(name: string): Promise<{ checkpoints: string; newest: string }> {
    await cp(join(folder, "cut"), join(folder, name), { recursive: true });
    const checkpoints = join(folder, name, "checkpoints");
    const names = (await readdir(checkpoints)).filter((file) => file.startsWith("step"));
    return { checkpoints, newest: join(checkpoints, names.toSorted().at(-1) ?? "") };
  }

  beforeAll(async () => {
    const child = startStopping(
      withoutPreviews("cut"),
      // It holds still while a second one tries, however long that takes.
      { line: lineOf("start-measured"), signal: "SIGSTOP" },
      { line: lineOf("step-done", 10), signal: "SIGINT" },
    );
    let meanwhile: Promise<Ended> | undefined;
    const { exitCode, events } = await follow(child, (event) => {
      if (event.type === "start-measured") {
        meanwhile ??= run(words()).finally(() => letGoOn(child));
      }
    });
    expect(exitCode).toBe(3);
    expect(events.at(-1)).toMatchObject({ type: "run-ended", outcome: "cancelled" });
    const second = await meanwhile;
    expect(second).toMatchObject({ exitCode: 1, stdout: "" });
    expect(second?.stderr).toContain(`process ${child.pid} is working on it`);
  });

  test("kept a checkpoint at the step that it told, and no lock", async () => {
    const kept = eventsOf(await readFile(join(folder, "cut", "events.jsonl"), "utf8"));
    const ended = ofType(kept, "run-ended")[0];
    const saved = ofType(kept, "checkpoint-saved").at(-1);
    expect(saved).toMatchObject({ reason: "cancelled", step: ended?.step });
    expect(ended?.step).toBe(ofType(kept, "step-done").at(-1)?.step);
    expect((await stat(join(folder, saved?.path ?? ""))).size).toBe(saved?.bytes);
    expect(await readdir(join(folder, "cut"))).not.toContain("lock");
  });

  test("goes on from the checkpoint before where the newest is damaged", async () => {
    const { newest } = await copyOfCut("damaged");
    await flipByte(newest);
    const again = [...RESUME, join(folder, "damaged"), "--json"];
    const child = startStopping(again, { line: lineOf("step-done"), signal: "SIGINT" });
    const { events } = await follow(child);
    expect(events[0]).toMatchObject({ type: "run-started", resumedAtStep: 8 });
    const [notice] = ofType(events, "notice");
    expect(notice).toMatchObject({ level: "warning", code: "checkpoint-damaged" });
    expect(notice?.text).toContain(newest.slice(-"step-00000010.safetensors".length));
  });

  test("says so where no checkpoint is whole, and starts nothing", async () => {
    const { checkpoints } = await copyOfCut("all damaged");
    for (const file of await readdir(checkpoints)) await flipByte(join(checkpoints, file));
    const before = await readFile(join(folder, "all damaged", "events.jsonl"), "utf8");
    const { exitCode, stderr } = await refused([...RESUME, join(folder, "all damaged")]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Cannot resume: found 3 checkpoints .* none of them whole/);
    expect(await readFile(join(folder, "all damaged", "events.jsonl"), "utf8")).toBe(before);
  });

  test("is not resumed on a corpus that has another sound in a file of the same size", async () => {
    await copyOfCut("changed");
    const changed = join(folder, "changed corpus");
    await cp(corpus, changed, { recursive: true });
    await flipByte(join(changed, "pluck 2.wav"));
    const recordPath = join(folder, "changed", "run.json");
    const record = JSON.parse(await readFile(recordPath, "utf8"));
    await writeFile(recordPath, JSON.stringify({ ...record, corpusFolder: changed }));
    const { exitCode, stderr } = await run([...RESUME, join(folder, "changed")]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('"pluck 2.wav" is a different file');
  });
});

test("Ctrl-C before there is anything to keep ends with 130, and leaves no folder", async () => {
  const atStart = { line: lineOf("run-started"), signal: "SIGINT" } as const;
  const { exitCode, events } = await follow(startStopping(withoutPreviews("early"), atStart));
  expect(exitCode).toBe(130);
  expect(events.at(-1)).toMatchObject({
    type: "run-ended",
    outcome: "cancelled",
    reason: expect.stringContaining("nothing was saved"),
  });
  expect(await readdir(folder)).not.toContain("early");
});

test("Ctrl-C before there is anything to keep says so, and leaves what is not the run's", async () => {
  await mkdir(join(folder, "mine"), { recursive: true });
  // It holds still while a person writes.
  const still = { line: lineOf("run-started"), signal: "SIGSTOP" } as const;
  const child = startStopping(withoutPreviews(join("mine", "run")), still);
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const { exitCode } = await follow(child, (event) => {
    if (event.type !== "run-started") return;
    writeFileSync(join(folder, "mine", "notes.txt"), "of a person");
    child.kill("SIGINT");
    letGoOn(child);
  });
  expect(exitCode).toBe(130);
  expect(said).toContain(`Nothing was saved yet, so ${join("mine", "run")} was removed.\n`);
  expect(await readdir(join(folder, "mine"))).toEqual(["notes.txt"]);
  const other = startStopping(withoutPreviews(join("mine", "other")), still);
  await follow(other, (event) => {
    if (event.type !== "run-started") return;
    writeFileSync(join(folder, "mine", "other", "previews", "a person's.wav"), "");
    other.kill("SIGINT");
    letGoOn(other);
  });
  expect((await readdir(join(folder, "mine", "other"))).sort()).toContain("events.jsonl");
  expect(await readdir(join(folder, "mine", "other", "previews"))).toEqual(["a person's.wav"]);
});

describe("étude", () => {
  test("refuses to write a run into the recordings", async () => {
    const inside = join(corpus, "run");
    const { exitCode, stderr } = await refused(["train", corpus, "-o", inside, ...SMALL]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("lies in the corpus");
    expect(await readdir(corpus)).not.toContain("run");
  });

  test("keeps of its use the library and its own speed, and nothing that others would send", async () => {
    // The runtime's maker would like to know; it keeps what it wants to send in .cache.
    const names = await readdir(folder);
    expect(names).toContain("whole");
    expect(names.filter((name) => name.startsWith("."))).toEqual([".local"]);
    expect(await readdir(join(folder, ".local"))).toEqual(["share"]);
    expect(await readdir(join(folder, ".local", "share"))).toEqual(["etude"]);
    const kept = await readdir(join(folder, ".local", "share", "etude"));
    expect(kept.toSorted()).toEqual(["models", "speeds.json"]);
  });

  test("says what to do where there is no run to resume", async () => {
    const { exitCode, stderr } = await refused([...RESUME, corpus]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/holds no run[\s\S]*run\.json/);
  });
});
