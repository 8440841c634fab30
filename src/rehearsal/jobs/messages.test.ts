import { expect, test } from "vitest";
import { type Message, withMessage, worthShowing } from "./messages.ts";

const routine = (wallMs: number): Message => {
  return { level: "INFO", parts: [`saved ${wallMs}`], wallMs, isNotable: false };
};
const incident = (wallMs: number): Message => {
  return { level: "ERROR", parts: [`down ${wallMs}`], wallMs, isNotable: true };
};
const texts = (messages: readonly Message[]) => messages.map(({ parts: [text] }) => text);

const told = [incident(1), routine(2), incident(3), routine(4), routine(5), routine(6), routine(7)];

test.each([
  { count: 0, shown: [] },
  { count: 1, shown: ["saved 7"] },
  { count: 2, shown: ["down 3", "saved 7"] },
  { count: 4, shown: ["down 1", "down 3", "saved 6", "saved 7"] },
  { count: 6, shown: ["down 1", "down 3", "saved 4", "saved 5", "saved 6", "saved 7"] },
  { count: 99, shown: texts(told) },
])("of $count lines at most half are older incidents", ({ count, shown }) => {
  expect(texts(worthShowing(told, count))).toEqual(shown);
});

test("incidents outlive what is routine, and neither pushes the other out", () => {
  let messages: readonly Message[] = [incident(0)];
  for (let i = 1; i <= 500; i += 1) messages = withMessage(messages, routine(i));
  expect(texts(messages)[0]).toBe("down 0");
  expect(texts(messages).at(-1)).toBe("saved 500");
  for (let i = 501; i <= 1000; i += 1) messages = withMessage(messages, incident(i));
  expect(messages.length).toBeLessThanOrEqual(60);
  expect(texts(messages)).toContain("saved 500");
});
