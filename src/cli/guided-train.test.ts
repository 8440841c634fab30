import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { askForTraining, type TrainGiven, type TrainGuide } from "./guided-train.ts";
import { openPrompter, typedPath } from "./prompter.node.ts";

const nothing: TrainGiven = { preset: "auto" };

function refusal(message: string): UserError {
  return new UserError({ code: "refused", message, hint: "Try another." });
}

/** Answers in order, and remembers what was said and asked. */
function guide(answers: readonly string[], changes: Partial<TrainGuide> = {}) {
  const told: string[] = [];
  const left = [...answers];
  const tools: TrainGuide = {
    prompter: {
      ask: async (question) => {
        told.push(question);
        const answer = left.shift();
        if (answer === undefined) throw new Error(`no answer to "${question}"`);
        return answer;
      },
      say: (text) => {
        told.push(text);
      },
    },
    pathOf: (answer) => `/at/${answer}`,
    shown: (path) => path.replace("/at/", ""),
    reportOn: async (folder) => {
      if (folder === "/at/empty") throw refusal("it holds no files");
      return [`sounds in ${folder}`];
    },
    runFolderFor: async () => "/at/runs/free",
    checkRunFolder: async (runFolder) => {
      if (runFolder === "/at/inside") throw refusal("it lies in the corpus");
    },
    remember: () => undefined,
    ...changes,
  };
  return { tools, told, left };
}

describe("askForTraining()", () => {
  test("takes what stands in brackets for Enter, and says what is in the folder", async () => {
    const { tools, told } = guide(["sounds", "", "", ""]);
    expect(await askForTraining(tools, nothing)).toEqual({
      folder: "/at/sounds",
      outputDir: "/at/runs/free",
      minutes: 10,
      preset: "auto",
    });
    expect(told).toContain("sounds in /at/sounds");
    expect(told).toContain("Folder for the run [runs/free]: ");
    expect(told.at(-1)).toContain("etude train sounds --minutes 10 --output-dir runs/free");
  });

  test("asks again, with the reason, until an answer can be used", async () => {
    const answers = [
      "",
      "empty",
      "sounds",
      "soon",
      "1,5",
      "0",
      "2.5",
      "wild",
      "a",
      "b",
      "inside",
      "out",
    ];
    const { tools, told, left } = guide(answers);
    expect(await askForTraining(tools, nothing)).toEqual({
      folder: "/at/sounds",
      outputDir: "/at/out",
      minutes: 2.5,
      preset: "balanced",
    });
    expect(left).toEqual([]);
    const text = told.join("\n");
    for (const reason of [
      "holds no files",
      "decimal point",
      "lies in the corpus",
      "conservative",
    ]) {
      expect(text).toContain(reason);
    }
  });

  test.each([
    { given: { ...nothing, minutes: 3 }, answers: ["sounds", "", ""], minutes: 3 },
    { given: { ...nothing, epochs: 3 }, answers: ["sounds", "", ""], minutes: undefined },
    {
      given: { preset: "balanced", outputDir: "mine" } as const,
      answers: ["sounds", "1"],
      minutes: 1,
    },
  ])("does not ask for what is given: $given", async ({ given, answers, minutes }) => {
    const { tools, left } = guide(answers);
    const found = await askForTraining(tools, given);
    expect({ ...found, left }).toMatchObject({ minutes, preset: given.preset, left: [] });
    if ("outputDir" in given) expect(found.outputDir).toBe("mine");
  });

  test.each([
    { answer: "y", saved: 1 },
    { answer: "YES", saved: 1 },
    { answer: "", saved: 0 },
    { answer: "n", saved: 0 },
  ])("remembers the folders for '$answer': $saved time", async ({ answer, saved }) => {
    let count = 0;
    const save = async (): Promise<string> => {
      count += 1;
      return "Remembered";
    };
    const { tools, told } = guide(["sounds", "", "", "", "perhaps", answer], {
      remember: () => ({ offer: "runs could go there", save }),
    });
    await askForTraining(tools, nothing);
    expect(count).toBe(saved);
    expect(told.includes("Remembered")).toBe(saved === 1);
  });

  test("ends when the person leaves", async () => {
    const { tools } = guide(["sounds"]);
    await expect(askForTraining(tools, nothing)).rejects.toThrow("no answer");
  });
});

describe("openPrompter()", () => {
  function terminal() {
    const input = new PassThrough();
    const output = new PassThrough();
    const controller = new AbortController();
    const prompter = openPrompter({
      input,
      output,
      workingFolder: import.meta.dirname,
      signal: controller.signal,
      onInterrupt: () => controller.abort(new Error("stopped by SIGINT")),
    });
    return { input, prompter, text: () => String(output.read() ?? "") };
  }

  test("gives one line after the other, without the spaces around it", async () => {
    const { input, prompter, text } = terminal();
    const first = prompter.ask("first? ");
    input.write("  one \r");
    expect(await first).toBe("one");
    const second = prompter.ask("second? ");
    input.write("\r");
    expect(await second).toBe("");
    prompter.say("heard");
    expect(text()).toContain("heard\n");
    prompter.close();
  });

  test("completes a folder for Tab, and no file", async () => {
    const { input, prompter, text } = terminal();
    const answer = prompter.ask("? ");
    input.write("comma\t");
    // Names are read from the disk; the rest of the line comes when they are there.
    let shown = "";
    await expect.poll(() => (shown += text())).toContain("nds/");
    input.write("\r");
    expect(await answer).toBe("commands/");
    prompter.close();
  });

  test("Ctrl-C ends the question with the signal's reason, on a new line", async () => {
    const { input, prompter, text } = terminal();
    const answer = prompter.ask("? ");
    input.write("half\u0003");
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    expect(text().endsWith("\n")).toBe(true);
    prompter.close();
  });

  test.each(["\u0004", "end"])("the end of the input is a refusal, not a wait: %j", async (end) => {
    const { input, prompter } = terminal();
    const answer = prompter.ask("? ");
    if (end === "end") input.end();
    else input.write(end);
    await expect(answer).rejects.toMatchObject({ code: "unanswered", exitCode: 2 });
  });
});

test.each([
  { typed: "sounds", path: "/here/sounds" },
  { typed: "/abs/so und", path: "/abs/so und" },
  { typed: "'/abs/so und'", path: "/abs/so und" },
  { typed: '"so und"', path: "/here/so und" },
  { typed: "/abs/so\\ und\\'s", path: "/abs/so und's" },
  { typed: "..", path: "/" },
])("typedPath() reads $typed as $path", ({ typed, path }) => {
  expect(typedPath(typed, "/here")).toBe(path);
});
