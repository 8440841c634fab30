import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseFiles, flatNames } from "./evaluate-files.ts";

const corpus = {
  folder: "recordings",
  trainFiles: ["a.wav", "b.wav", "c.wav"],
  validationFiles: ["d.wav", "e.wav"],
  totalSeconds: 5,
};
const all = ["a.wav", "b.wav", "c.wav", "d.wav", "e.wav"];

describe("chooseFiles()", () => {
  test("measures the files that training held out", () => {
    expect(chooseFiles([...all, "new.wav"], corpus, "held-out")).toEqual({
      measured: ["d.wav", "e.wav"],
      train: ["a.wav", "b.wav", "c.wav"],
      heldOut: ["d.wav", "e.wav"],
      notes: [],
    });
  });

  test("measures every file when asked for all, and still knows which it learned from", () => {
    const choice = chooseFiles(all, corpus, "all");
    expect(choice.measured).toEqual(all);
    expect(choice.train).toEqual(corpus.trainFiles);
    expect(choice.heldOut).toEqual(corpus.validationFiles);
  });

  test("counts every file of an unknown folder as held out, and says so", () => {
    const choice = chooseFiles(["x.wav", "y.wav"], corpus, "held-out");
    expect(choice).toMatchObject({ measured: ["x.wav", "y.wav"], train: [] });
    expect(choice.notes.map(({ code }) => code)).toEqual(["files-unknown"]);
  });

  test("says when some of the held-out files are missing", () => {
    const choice = chooseFiles(["a.wav", "e.wav"], corpus, "held-out");
    expect(choice.measured).toEqual(["e.wav"]);
    expect(choice.notes).toEqual([
      {
        code: "held-out-missing",
        text: "1 of the 2 files that training held out are missing",
      },
    ]);
  });

  test("refuses to call files held out that the model learned from", () => {
    expect(() => chooseFiles(["a.wav", "b.wav"], corpus, "held-out")).toThrow(
      expect.objectContaining({ code: "evaluate-no-held-out", exitCode: 2 }),
    );
  });

  test("measures the only file of a model that learned from one", () => {
    const single = { ...corpus, trainFiles: ["a.wav"], validationFiles: ["a.wav"] };
    expect(chooseFiles(["a.wav"], single, "held-out").measured).toEqual(["a.wav"]);
  });
});

describe("flatNames()", () => {
  test("puts folders into the name and tells equal names apart", () => {
    const paths = ["kick.flac", "drums/kick.flac", "kick.wav", "drums--kick.wav", "Kick.aif"];
    expect([...flatNames(paths).values()]).toEqual([
      "kick",
      "drums--kick",
      "kick-2",
      "drums--kick-2",
      "Kick-3",
    ]);
  });

  test("gives each path a file name of its own", () => {
    const path = fc.stringMatching(/^[aA]{1,2}(\/[aA-]{1,3})?(\.wav|-2)?$/);
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 30 }), (paths) => {
        const names = [...flatNames(paths).values()];
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(paths.length);
        expect(names.every((name) => name !== "" && !name.includes("/"))).toBe(true);
      }),
    );
  });
});
