import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseFiles, flatNames, type IdentifiedFile } from "./evaluate-files.ts";

/** A file whose content is told by a letter, whatever its name. */
const file = (path: string, content = path[0] ?? ""): IdentifiedFile => ({
  path,
  contentHash: `file-${content}`,
  soundHash: `sound-${content}`,
});
const identity = (content: string) => ({
  contentHash: `file-${content}`,
  soundHash: `sound-${content}`,
});
const corpus = {
  train: ["a", "b", "c"].map(identity),
  validation: ["d", "e"].map(identity),
  totalSeconds: 5,
};
const all = ["a.wav", "b.wav", "c.wav", "d.wav", "e.wav"].map((path) => file(path));

describe("chooseFiles()", () => {
  test("measures the files that training held out", () => {
    expect(chooseFiles([...all, file("new.wav")], corpus, "held-out")).toEqual({
      measured: ["d.wav", "e.wav"],
      train: ["a.wav", "b.wav", "c.wav"],
      heldOut: ["d.wav", "e.wav"],
      stretches: new Map(),
      notes: [],
    });
  });

  test("knows recordings by what is in them, whatever they are called now", () => {
    const renamed = [file("x.wav", "a"), file("a.wav", "z"), file("sub/y.wav", "d")];
    expect(chooseFiles(renamed, corpus, "held-out")).toMatchObject({
      measured: ["sub/y.wav"],
      train: ["x.wav"],
    });
    expect(chooseFiles(renamed.slice(0, 2), corpus, "held-out").measured).toEqual(["a.wav"]);
  });

  test("knows a recording that was converted by its sound", () => {
    const converted = { ...file("a.flac"), contentHash: "another file" };
    expect(chooseFiles([converted, file("d.wav")], corpus, "held-out").train).toEqual(["a.flac"]);
  });

  test("measures every file when asked for all, and still knows which it learned from", () => {
    const choice = chooseFiles(all, corpus, "all");
    expect(choice.measured).toEqual(all.map(({ path }) => path));
    expect(choice.train).toEqual(["a.wav", "b.wav", "c.wav"]);
    expect(choice.heldOut).toEqual(["d.wav", "e.wav"]);
  });

  test("counts every file of an unknown folder as held out, and says so", () => {
    const choice = chooseFiles([file("x.wav"), file("y.wav")], corpus, "held-out");
    expect(choice).toMatchObject({ measured: ["x.wav", "y.wav"], train: [] });
    expect(choice.notes.map(({ code }) => code)).toEqual(["files-unknown"]);
  });

  test("says when some of the held-out files are missing", () => {
    const choice = chooseFiles([file("a.wav"), file("e.wav")], corpus, "held-out");
    expect(choice.measured).toEqual(["e.wav"]);
    expect(choice.notes).toEqual([
      {
        code: "held-out-missing",
        text: "1 of the 2 files held out in training are missing",
      },
    ]);
  });

  test("refuses to call files held out that the model learned from", () => {
    expect(() => chooseFiles([file("a.wav"), file("b.wav")], corpus, "held-out")).toThrow(
      expect.objectContaining({ code: "evaluate-no-held-out", exitCode: 2 }),
    );
  });

  test("calls nothing held out where a model does not tell what it learned from", () => {
    const untold = { train: [], validation: [], totalSeconds: 5 };
    expect(() => chooseFiles(all, untold, "held-out")).toThrow(
      expect.objectContaining({ code: "evaluate-unknown", exitCode: 2 }),
    );
    const { notes } = chooseFiles(all, untold, "all");
    expect(notes.map(({ code }) => code)).toEqual(["files-unknown"]);
  });

  test("measures the only file of a model that learned from one, and says so", () => {
    const single = { ...corpus, train: [identity("a")], validation: [identity("a")] };
    const { measured, notes } = chooseFiles([file("a.wav")], single, "held-out");
    expect(measured).toEqual(["a.wav"]);
    expect(notes.map(({ code }) => code)).toEqual(["learned-from-all"]);
  });

  test("measures of a single take the stretch that was held out, and the whole when asked", () => {
    const stretch = { startSeconds: 4, endSeconds: 8, guardSeconds: 2 };
    const validation = [{ ...identity("a"), stretch }];
    const single = { ...corpus, train: [identity("a")], validation };
    const choice = chooseFiles([file("renamed.wav", "a")], single, "held-out");
    expect(choice.measured).toEqual(["renamed.wav"]);
    expect(choice.stretches).toEqual(new Map([["renamed.wav", stretch]]));
    expect(choice.notes).toMatchObject([
      { code: "held-out-stretch", text: expect.stringContaining("4.0 to 8.0 s") },
    ]);
    expect(chooseFiles([file("a.wav")], single, "all").stretches.size).toBe(0);
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
