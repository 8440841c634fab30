import { expect, test } from "vitest";
import { isInnerPath } from "./corpus-list.ts";

test.each([
  { path: "rain.wav", isInner: true },
  { path: "a b/Käfer 🎻.flac", isInner: true },
  { path: "../rain.wav", isInner: false },
  { path: "a/../../rain.wav", isInner: false },
  { path: "/etc/passwd", isInner: false },
  { path: "a//b", isInner: false },
  { path: "a/.ssh/key", isInner: false },
  { path: "..\\rain.wav", isInner: false },
  { path: "C:rain.wav", isInner: false },
  { path: "rain.wav\u0000.txt", isInner: false },
  { path: "", isInner: false },
  { path: "a".repeat(2000), isInner: false },
])("isInnerPath() of $path is $isInner", ({ path, isInner }) => {
  expect(isInnerPath(path)).toBe(isInner);
});
