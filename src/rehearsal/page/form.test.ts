import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PARAMETER_NAMES } from "./address.ts";

/** The scenes' boxes are made of the list of scenes. */
const MADE_LATER = ["module"];

test("the form has a field for every parameter of the address, so that none is lost in it", () => {
  const html = readFileSync(new URL("./index.html", import.meta.url), "utf8");
  const [form = ""] = /<form [\s\S]*<\/form>/.exec(html) ?? [];
  const names = [...form.matchAll(/ name="([^"]+)"/g)].map(([, name = ""]) => name);
  expect([...names, ...MADE_LATER].sort()).toEqual([...PARAMETER_NAMES].sort());
});
