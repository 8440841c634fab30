import { describe, expect, test } from "vitest";
import { messageOf } from "../errors.ts";
import { jsonAdvice } from "./json-advice.ts";

function adviceFor(text: string) {
  try {
    JSON.parse(text);
  } catch (error) {
    return jsonAdvice(text, messageOf(error));
  }
  throw new Error(`${text} is JSON`);
}

describe("a text that is no JSON", () => {
  test.each([
    ['{ "a": 1 } // one', "JSON has no comments: leave them out."],
    ['{ /* one */ "a": 1 }', "JSON has no comments: leave them out."],
    ['# mine\n{ "a": 1 }', "JSON has no comments: leave them out."],
    ['{ "a": 1, }', "Leave out the comma before the closing bracket."],
    ['{ "a": NaN }', "JSON has no NaN and no Infinity: leave the field out."],
    ['{ "a": True }', "Write null, true and false."],
    ["{ 'a': 1 }", "Put names and texts in double quotes."],
    ["{ a: 1 }", "Put names and texts in double quotes."],
    ['{ "a": 1_000 }', "Write numbers without underscores."],
    ['{ "a": 1', "The closing bracket is missing: is the file complete?"],
    ['{ "a // \'b, }": 1 "c": 2 }', "Check the syntax."],
  ])("%j: %s", (text, hint) => {
    expect(adviceFor(text).hint).toBe(hint);
  });

  test("is told in one line, with a place that editors know", () => {
    const text = '{\n  "a": 1,\n  "b": 2 "c": 3\n}';
    expect(
      jsonAdvice(text, "Expected ',' or '}' after property value in JSON at position 22"),
    ).toEqual({
      reason: "Expected ',' or '}' after property value at line 3, column 11",
      hint: "Check the syntax.",
    });
    expect(jsonAdvice("//\n", "Unexpected token '/', \"//\n\" is not valid JSON").reason).toBe(
      "Unexpected token '/', \"// \"",
    );
  });
});
