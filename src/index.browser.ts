/**
 * The public face in a browser: all of `index.ts`, and the browser's clock.
 *
 * There is no runtime among it yet: `openSoundModel` takes one from whoever has one.
 */

export { browserClock } from "./host.browser.ts";
export * from "./index.ts";
