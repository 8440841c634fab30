/** Line drawings of the places and of what buttons do. */

import type { JSX } from "preact";

const PATHS = {
  sounds: "M3 12h2M7 8v8M11 4v16M15 9v6M19 6v12M22 12h-1",
  train: "M3 5c1 10 5 13.5 18 14M3 19h6M15 7l3-3 3 3M18 4v8",
  play: "M4 20V8M4 8l4-4 4 4v12M12 20V4h8v16zM16 4v9M2 20h20",
  library: "M4 4h4v16H4zM10 4h4v16h-4zM16.5 5l3.8-1 3.2 15.4-3.9 1z",
  rehearse: "M3 5h18v14H3zM7 10l3 2.5L7 15M12.5 15H17",
  start: "M7 4.5v15l13-7.5z",
  stop: "M6 5h4v14H6zM14 5h4v14h-4z",
  close: "M6 6l12 12M18 6L6 18",
  loop: "M4 11V9a3 3 0 0 1 3-3h11l-3-3M20 13v2a3 3 0 0 1-3 3H6l3 3",
  plus: "M12 5v14M5 12h14",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  dice: "M4 4h16v16H4zM8.2 8.7a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M14.8 8.7a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M11.5 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M8.2 15.3a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M14.8 15.3a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-4",
  redo: "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h4",
  centre: "M12 3v5M12 16v5M3 12h5M16 12h5M12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
  keep: "M12 4v11M7 10l5 5 5-5M5 20h14",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  const isSolid = name === "start" || name === "stop";
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" width="24" height="24">
      <path
        d={PATHS[name]}
        fill={isSolid ? "currentColor" : "none"}
        stroke={isSolid ? "none" : "currentColor"}
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
