/** The options of the page as a form: filled from an address, read into one. */

import { MODELS } from "../catalog/models.ts";
import { simulateOptions } from "../play/simulate-options.ts";
import { SCENES } from "../scenes/scenes.ts";
import { PARAMETER_NAMES } from "./address.ts";

const SEVERAL = new Set(["module", "incident"]);

/** Writes the choices into the form, and into its fields what the address says, right or wrong. */
export function fillForm(form: HTMLFormElement, query: string): void {
  const given = new URLSearchParams(query);
  const modules = form.querySelector("#modules");
  for (const { name, summary } of SCENES) {
    const tick = element("input", { type: "checkbox", name: "module", value: name });
    tick.checked = given.getAll("module").includes(name);
    const label = element("label", { title: summary });
    label.append(tick, ` ${name}`);
    modules?.append(label);
  }
  const dialect = form.querySelector("select");
  for (const name of simulateOptions.dialect.choices) {
    dialect?.append(element("option", { value: name, textContent: name }));
  }
  for (const { name, isFunny } of MODELS) {
    if (isFunny !== true)
      form.querySelector("datalist")?.append(element("option", { value: name }));
  }
  for (const name of PARAMETER_NAMES) fillField(form, name, given.getAll(name));
}

/** Boxes that are empty by default. */
const TICKED: readonly string[] = ["batch-ramp", "funny"];

/** What the form says, as the query of an address. */
export function queryOf(form: HTMLFormElement): string {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const text = String(value).trim();
    if (name === "chance" || TICKED.includes(name) || text === "") continue;
    if (name === "dialect" && text === simulateOptions.dialect.default) continue;
    for (const one of SEVERAL.has(name) ? text.split(/[\s,]+/) : [text]) query.append(name, one);
  }
  if (!isTicked(form, "chance")) query.append("chance", "no");
  for (const name of TICKED) if (isTicked(form, name)) query.append(name, "yes");
  return query.size === 0 ? "" : `?${query}`;
}

function fillField(form: HTMLFormElement, name: string, texts: readonly string[]): void {
  const field = form.elements.namedItem(name);
  const last = texts.at(-1);
  if (last === undefined || last === "") return;
  if (field instanceof HTMLSelectElement) field.value = last;
  if (!(field instanceof HTMLInputElement)) return;
  if (field.type === "checkbox")
    field.checked = texts.includes("yes") || texts.includes(field.value);
  else field.value = texts.join(" ");
}

function isTicked(form: HTMLFormElement, name: string): boolean {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement && field.checked;
}

function element<N extends keyof HTMLElementTagNameMap>(
  name: N,
  properties: Partial<HTMLElementTagNameMap[N]>,
): HTMLElementTagNameMap[N] {
  return Object.assign(document.createElement(name), properties);
}
