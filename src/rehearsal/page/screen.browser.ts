/** A terminal in the page, on which runs are shown. */

import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import type { Stage } from "./show.ts";

export interface Screen extends Stage {
  /** Resolves when all that was written is drawn, and wiped away again. */
  clear(): Promise<void>;
  scrollPages(pages: number): void;
}

/** Characters that may be queued before the writer has to wait (back-pressure). */
const WAITING_MAX = 200_000;
const SCROLLBACK_LINES = 5000;
/** While a window is dragged, its size changes faster than a terminal can break its lines anew. */
const RESIZE_SETTLED_MS = 60;
const COLUMNS_MIN = 20;
const ROWS_MIN = 4;
const NARROW_BELOW_PIXELS = 560;

export function openScreen(host: HTMLElement): Screen {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const terminal = new Terminal({
    // Keys are the page's: nothing is typed here, and Tab must lead out again.
    disableStdin: true,
    cursorInactiveStyle: "none",
    fontFamily: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    fontSize: fontSizeFor(host),
    // At 1 the lowest pixel of a row is cut off, and with it underscores.
    lineHeight: 1.1,
    minimumContrastRatio: 4.5,
    scrollback: SCROLLBACK_LINES,
    theme: dark.matches ? DARK : LIGHT,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.attachCustomKeyEventHandler(() => false);
  terminal.open(host);
  terminal.textarea?.setAttribute("aria-label", "The run, as on a terminal");

  let size = measured(fit, terminal);
  terminal.resize(size.columns, size.rows);

  /** In order with what is written: text that was made for the old size is drawn at the old size. */
  const resize = (): void => {
    terminal.options.fontSize = fontSizeFor(host);
    const now = measured(fit, terminal);
    if (now.columns === size.columns && now.rows === size.rows) return;
    size = now;
    terminal.write("", () => terminal.resize(now.columns, now.rows));
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(resize, RESIZE_SETTLED_MS);
  }).observe(host);
  dark.addEventListener("change", () => {
    terminal.options.theme = dark.matches ? DARK : LIGHT;
  });

  const queue = writeQueue(terminal);
  return {
    write: queue.write,
    ready: queue.ready,
    columns: () => size.columns,
    rows: () => size.rows,
    async clear() {
      await new Promise<void>((resolve) => terminal.write("", resolve));
      terminal.reset();
    },
    scrollPages: (pages) => terminal.scrollPages(pages),
  };
}

function writeQueue(terminal: Terminal): Pick<Stage, "write" | "ready"> {
  let waiting = 0;
  let room: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  return {
    write(text) {
      waiting += text.length;
      terminal.write(text, () => {
        waiting -= text.length;
        if (waiting > WAITING_MAX / 2) return;
        room?.open();
        room = undefined;
      });
    },
    ready() {
      if (waiting <= WAITING_MAX) return undefined;
      room ??= newRoom();
      return room.opened;
    },
  };
}

function newRoom(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** As much as there is room for; a page that is not shown has none, and keeps its size. */
function measured(fit: FitAddon, { cols, rows }: Terminal) {
  const proposed = fit.proposeDimensions() ?? { cols, rows };
  const orElse = (value: number, otherwise: number): number =>
    Number.isFinite(value) ? value : otherwise;
  return {
    columns: Math.max(COLUMNS_MIN, orElse(proposed.cols, cols)),
    rows: Math.max(ROWS_MIN, orElse(proposed.rows, rows)),
  };
}

function fontSizeFor({ clientWidth }: HTMLElement): number {
  return clientWidth < NARROW_BELOW_PIXELS ? 11 : 14;
}

const DARK: ITheme = {
  background: "#14181d",
  foreground: "#d7dde5",
  selectionBackground: "#3a4656",
  black: "#14181d",
  red: "#ff8a80",
  green: "#7bd88f",
  yellow: "#e3b341",
  blue: "#79b8ff",
  magenta: "#d2a8ff",
  cyan: "#4fc3d7",
  white: "#d7dde5",
};

const LIGHT: ITheme = {
  background: "#faf9f6",
  foreground: "#23272d",
  selectionBackground: "#cfdbe6",
  black: "#23272d",
  red: "#b3261e",
  green: "#1c7a35",
  yellow: "#9a6700",
  blue: "#0b57d0",
  magenta: "#8a3ab9",
  cyan: "#0b6b7d",
  white: "#5c636d",
};
