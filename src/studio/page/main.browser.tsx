/** The page of the studio. */

import { render } from "preact";
import { listenWhileVisible } from "./news.browser.ts";
import { Shell } from "./shell.browser.tsx";

const host = document.getElementById("studio");
if (host === null) throw new Error("The page has no place for the studio");
listenWhileVisible();
render(<Shell />, host);
