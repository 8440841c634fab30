/**
 * The public face in a browser: all of `index.ts`, and the browser's clock.
 *
 * It has no runtime: pass one of your own to `openSoundModel`.
 */

export { browserClock } from "./host.browser.ts";
export * from "./index.ts";
