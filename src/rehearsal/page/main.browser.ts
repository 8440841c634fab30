/** The page: its address says what is shown, its buttons how. */

import { messageOf, UserError } from "../../errors.ts";
import { browserClock } from "../../host.browser.ts";
import { addressOf, type PageRequest, type Problem, problemOf, readAddress } from "./address.ts";
import { fillForm, queryOf } from "./form.browser.ts";
import { openPlayer, type Player } from "./player.ts";
import { openScreen, type Screen } from "./screen.browser.ts";
import { type ShownRun, show } from "./show.ts";
import { POSITION_MAX, POSITION_MIN, positionOf, speedAt, speedText } from "./speeds.ts";

/** "etude 0.1.0"; the build writes it in. */
declare const PROGRAM: string;

interface Performance {
  readonly request: PageRequest & { readonly seed: number };
  readonly player: Player;
  /** Ends it; resolves when nothing more is written. */
  stop(): Promise<void>;
}

const SAID_MS = 4000;

const pause = byId("pause", HTMLButtonElement);
const restart = byId("restart", HTMLButtonElement);
const another = byId("another", HTMLButtonElement);
const speed = byId("speed", HTMLInputElement);
const speedLabel = byId("speed-text", HTMLOutputElement);
const share = byId("share", HTMLButtonElement);
const options = byId("options", HTMLButtonElement);
const form = byId("form", HTMLFormElement);
const problems = byId("problems", HTMLElement);
const host = byId("screen", HTMLElement);

addEventListener("error", ({ error }) => {
  // Without one it is a remark of the browser, as on observers that are late.
  if (error instanceof Error) tellBug(error);
});
addEventListener("unhandledrejection", ({ reason }) => tellBug(reason));

const address = readAddress(location.search);
fillForm(form, location.search);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  location.search = queryOf(form);
  // The same query again does not load the page again.
  if (location.search === queryOf(form)) location.reload();
});
options.addEventListener("click", () => openForm(form.hasAttribute("hidden")));
if (address.problems.length > 0) tellProblems(address.problems);
else perform(address.request);

function perform(asked: PageRequest): void {
  const screen = openScreen(host);
  let now = start({ ...asked, seed: asked.seed ?? newSeed() }, screen);
  showControls(now);

  /** One after the other, also if clicks come faster than a run can end. */
  let turn: Promise<void> = Promise.resolve();
  const startAgain = (seedOf: () => number): void => {
    turn = turn.then(async () => {
      await now.stop();
      await screen.clear();
      const { request, player } = now;
      now = start({ ...request, speedFactor: player.speedFactor, seed: seedOf() }, screen);
      showControls(now);
    });
  };

  const setSpeed = (speedFactor: number): void => {
    now.player.setSpeed(speedFactor);
    showControls(now);
  };

  pause.addEventListener("click", () => {
    if (now.player.isPaused) now.player.resume();
    else now.player.pause();
    showControls(now);
  });
  restart.addEventListener("click", () => startAgain(() => now.request.seed));
  another.addEventListener("click", () => startAgain(newSeed));
  speed.min = String(POSITION_MIN);
  speed.max = String(POSITION_MAX);
  speed.addEventListener("input", () => setSpeed(speedAt(speed.valueAsNumber)));
  share.addEventListener("click", () => {
    const { request, player } = now;
    shareAddress({ ...request, speedFactor: player.speedFactor }).catch(tellBug);
  });
  showControls(now);
  listenForKeys((steps) => {
    const position = positionOf(now.player.speedFactor) + steps;
    setSpeed(speedAt(Math.min(POSITION_MAX, Math.max(POSITION_MIN, position))));
  }, screen);
}

function start(request: Performance["request"], screen: Screen): Performance {
  const player = openPlayer(browserClock, request.speedFactor);
  const over = new AbortController();
  const onRun = ({ scene, seed }: ShownRun): void => {
    byId("run", HTMLElement).textContent = `${scene}, seed ${seed}`;
  };
  const tools = { stage: screen, player, clock: browserClock, signal: over.signal, onRun };
  const shown = show({ ...request, program: PROGRAM }, tools).catch((failure) => {
    if (failure instanceof UserError) tellProblems([problemOf("model", failure)]);
    else tellBug(failure);
  });
  const stop = (): Promise<void> => {
    over.abort();
    return shown;
  };
  return { request, player, stop };
}

function showControls({ player }: Performance): void {
  const { speedFactor, isPaused } = player;
  pause.textContent = isPaused ? "Resume" : "Pause";
  speed.value = String(positionOf(speedFactor));
  speedLabel.value = speedText(speedFactor);
  speed.setAttribute("aria-valuetext", `${speedFactor} times`);
}

/** Space, R, N, S, O, +, - and the page keys, unless the form has the focus. */
function listenForKeys(changeSpeed: (steps: number) => void, screen: Screen): void {
  const actions: Readonly<Record<string, () => void>> = {
    " ": () => pause.click(),
    r: () => restart.click(),
    n: () => another.click(),
    s: () => share.click(),
    o: () => options.click(),
    "+": () => changeSpeed(1),
    "-": () => changeSpeed(-1),
    PageUp: () => screen.scrollPages(-1),
    PageDown: () => screen.scrollPages(1),
  };
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || !(target instanceof Element)) return;
    const isTerminal = host.contains(target);
    if (!isTerminal && target.closest("form, input, select") !== null) return;
    if (key === " " && target instanceof HTMLButtonElement) return;
    const act = actions[key.length === 1 ? key.toLowerCase() : key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

/** The address goes where it can: into the clipboard, and always into the address bar. */
async function shareAddress(request: PageRequest): Promise<void> {
  const shared = new URL(location.pathname + addressOf(request), location.href).href;
  history.replaceState(null, "", shared);
  try {
    await navigator.clipboard.writeText(shared);
    say(`Copied ${shared}`);
  } catch {
    say("It stands in the address bar now: copy it from there.");
  }
}

/** Another one every millisecond, as on the command line. */
function newSeed(): number {
  return browserClock.wallMs() % 2 ** 32;
}

let silence: ReturnType<typeof setTimeout> | undefined;

function say(text: string): void {
  const said = byId("said", HTMLElement);
  said.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => {
    said.textContent = "";
  }, SAID_MS);
}

function tellProblems(found: readonly Problem[]): void {
  const lines = found.flatMap(({ message, hint }) => [
    paragraph(`${message}.`),
    paragraph(hint, "hint"),
  ]);
  showMessage("This address asks for what there is not", lines);
  openForm(true);
}

function tellBug(failure: unknown): void {
  const stack = failure instanceof Error ? (failure.stack ?? "") : "";
  const lines = [messageOf(failure), stack, `${PROGRAM}, ${navigator.userAgent}`];
  showMessage(
    "This is a bug in étude",
    lines.map((line) => paragraph(line)),
  );
}

/** In place of the run, for there is none to see. */
function showMessage(title: string, lines: readonly HTMLElement[]): void {
  const heading = document.createElement("h2");
  heading.textContent = title;
  problems.replaceChildren(heading, ...lines);
  problems.hidden = false;
  host.hidden = true;
  byId("playback", HTMLElement)
    .querySelectorAll<HTMLInputElement>("button:not(#options), input")
    .forEach((control) => {
      control.disabled = true;
    });
}

function paragraph(text: string, className = ""): HTMLElement {
  return Object.assign(document.createElement("p"), { textContent: text, className });
}

function openForm(isOpen: boolean): void {
  form.hidden = !isOpen;
  options.setAttribute("aria-expanded", String(isOpen));
}

function byId<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} "${id}"`);
}
