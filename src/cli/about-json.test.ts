import { describe, expect, test } from "vitest";
import { aboutJson } from "./about-json.ts";

const about = (...words: string[]) => JSON.parse(aboutJson(words, "etude 1.2.3"));

describe("--json with --version and --help", () => {
  test("tells the version", () => {
    expect(about("--json", "--version")).toEqual({ program: "etude", version: "1.2.3" });
  });

  test("tells the commands of the program", () => {
    const { command, next } = about("--json", "--help");
    expect(command).toBeNull();
    const words = next.map(({ word }: { word: string }) => word);
    expect(words).toEqual(expect.arrayContaining(["train", "dataset", "doctor"]));
  });

  test.each([
    ["train", ["train", "--help", "--json"]],
    ["train", ["help", "train", "--json"]],
    ["dataset add", ["--json", "dataset", "add", "-h"]],
    ["dataset", ["dataset", "--help", "--json"]],
  ])("tells what %s takes", (name, words) => {
    const { command, options, summary } = about(...words);
    expect(command).toBe(name);
    expect(summary).not.toBe("");
    expect(options.map(({ flags }: { flags: string[] }) => flags.at(-1))).toContain("--help");
  });
});
