/** The page of the studio. */

import { render } from "preact";
import { answerBy } from "./backend.browser.ts";
import { httpBackend } from "./http-backend.browser.ts";
import { listenWhileVisible } from "./news.browser.ts";
import { Shell } from "./shell.browser.tsx";

const host = document.getElementById("studio");
if (host === null) throw new Error("The page has no place for the studio");
answerBy(httpBackend);
listenWhileVisible();
render(<Shell />, host);
