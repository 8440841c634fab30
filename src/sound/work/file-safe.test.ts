import { expect, test } from "vitest";
import { fileSafe } from "./file-safe.ts";

test.each([
  { name: "rain", safe: "rain" },
  { name: "Übung 🎻 (2)", safe: "Übung 🎻 (2)" },
  { name: "../../elsewhere", safe: "--..-elsewhere" },
  { name: "..", safe: "-" },
  { name: ".hidden", safe: "-hidden" },
  { name: "a/b\\c:d", safe: "a-b-c-d" },
  { name: "a\u0000\nb", safe: "a-b" },
  { name: "", safe: "sound" },
])("fileSafe() makes $safe of $name", ({ name, safe }) => {
  expect(fileSafe(name)).toBe(safe);
});

test("fileSafe() keeps names short enough for every file system", () => {
  expect(fileSafe("x".repeat(500))).toHaveLength(100);
});
