/** The page walked through by Tab alone, as who has no mouse does. */

import type { Page } from "playwright-core";

export interface Walk {
  /** Controls that the keyboard does not reach, as HTML. */
  readonly missed: readonly string[];
  /** Controls that are out of sight, or do not show that they have the focus. */
  readonly unseen: readonly string[];
}

/** Walks from the top until the focus leaves the page. */
export async function walkByTab(page: Page): Promise<Walk> {
  const count = await page.evaluate<number>(MARK);
  const unseen: string[] = [];
  // Besides, a browser stops at what can be scrolled.
  for (let i = 0; i < 2 * count; i += 1) {
    await page.keyboard.press("Tab");
    const trouble = await page.evaluate<string | undefined>(REACH);
    if (trouble === undefined) break;
    if (trouble) unseen.push(trouble);
  }
  return { missed: await page.evaluate<string[]>(MISSED), unseen };
}

/** Marks what must be reached: of radio buttons the chosen one, for arrows go to the others. */
const MARK = `(() => {
  document.activeElement.blur();
  document.body.tabIndex = -1;
  document.body.focus();
  globalThis.missed = new Set();
  const controls = "a[href], button, input, select, textarea, summary, [tabindex]";
  for (const one of document.querySelectorAll(controls)) {
    if (!one.checkVisibility() || one.disabled || one.tabIndex < 0) continue;
    if (one.type !== "radio" || one.checked) missed.add(one);
  }
  return missed.size;
})()`;

/** @returns Undefined outside the page, nothing where all is well. */
const REACH = `(() => {
  const one = document.activeElement;
  if (one === document.body) return undefined;
  missed.delete(one);
  const around = [one, one.closest("label"), one.parentElement, one.nextElementSibling];
  const shows = around.some((at) => {
    if (!at) return false;
    const { outlineStyle, boxShadow } = getComputedStyle(at);
    return outlineStyle !== "none" || boxShadow !== "none";
  });
  const { top, bottom } = one.getBoundingClientRect();
  const deck = document.querySelector(".deck");
  const end = deck && one.closest("main") ? deck.getBoundingClientRect().top : innerHeight;
  return shows && bottom > 0 && top < end ? "" : one.outerHTML.slice(0, 200);
})()`;

const MISSED =
  "[...missed].filter((one) => one.isConnected).map((one) => one.outerHTML.slice(0, 200))";
