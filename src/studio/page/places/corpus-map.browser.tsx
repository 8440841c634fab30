/** The map of a corpus: sounds as points, near where they are alike; touched, they sound. */

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { descriptorWords, type MapPoint, sharedTraits } from "../../../sound/work/map-words.ts";
import { type Brush, Canvas } from "../parts/canvas.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { playFile } from "../recordings.browser.ts";
import { getJson } from "../server.browser.ts";

const MARGIN = 28;
/** A pointer that is farther away touches none. */
const REACH = 40;

export function CorpusMap({
  corpus,
  fileCount,
}: {
  readonly corpus: string;
  readonly fileCount: number;
}): JSX.Element {
  const points = useSignal<readonly MapPoint[] | undefined>(undefined);
  const chosen = useSignal<MapPoint | undefined>(undefined);
  const colour = useSignal("brightness");
  const doing = attempts();
  const playing = attempts();
  useEffect(() => {
    void doing.attempt(async () => {
      points.value = await getJson<MapPoint[]>(`corpora/${encodeURIComponent(corpus)}/map`);
    });
  }, [corpus, fileCount]);
  const choose = (point: MapPoint | undefined): void => {
    if (point === undefined || point === chosen.peek()) return;
    chosen.value = point;
    void playing.attempt(() => playFile(corpus, point.path));
  };
  if (points.value === undefined) {
    return (
      <>
        <TroubleBox trouble={doing.trouble.value} />
        <p class="soft" role="status">
          Listening to what each is like…
        </p>
      </>
    );
  }
  return (
    <figure class="map">
      <MapCanvas points={points.value} chosen={chosen} colour={colour} choose={choose} />
      <figcaption>
        <p aria-live="polite">{wordsFor(points.value, chosen.value)}</p>
        <label class="field">
          <span class="unseen">Coloured by</span>
          <select
            value={colour.value}
            onChange={({ currentTarget }) => {
              colour.value = currentTarget.value;
            }}
          >
            {Object.entries(descriptorWords).map(([name, { low, high }]) => (
              <option key={name} value={name}>
                {low} to {high}
              </option>
            ))}
          </select>
        </label>
      </figcaption>
      <TroubleBox trouble={playing.trouble.value} />
    </figure>
  );
}

interface MapCanvasProps {
  readonly points: readonly MapPoint[];
  readonly chosen: Signal<MapPoint | undefined>;
  readonly colour: Signal<string>;
  choose(point: MapPoint | undefined): void;
}

/** Arrow keys go to the next sound in their direction. */
function MapCanvas({ points, chosen, colour, choose }: MapCanvasProps): JSX.Element {
  return (
    <button
      type="button"
      class="map-touch"
      aria-label="Map of the sounds: arrow keys go from one to the next"
      onKeyDown={(event) => {
        const direction = DIRECTIONS[event.key];
        if (direction === undefined) return;
        event.preventDefault();
        choose(chosen.peek() ? nextIn(points, chosen.peek() as MapPoint, direction) : points[0]);
      }}
    >
      <Canvas
        draw={(brush) => drawMap(brush, points, { chosen: chosen.value, colour: colour.value })}
        onPointerMove={(event) => choose(nearestTo(points, event))}
        onPointerDown={(event) => choose(nearestTo(points, event))}
      />
    </button>
  );
}

type Direction = readonly [number, number];

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

function nextIn(points: readonly MapPoint[], from: MapPoint, [dx, dy]: Direction): MapPoint {
  let best = from;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const [x, y] = [point.x - from.x, point.y - from.y];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    if (point === from || ahead <= 0) continue;
    const cost = ahead + 2 * aside;
    if (cost < bestCost) [best, bestCost] = [point, cost];
  }
  return best;
}

function placeOf({ x, y }: MapPoint, width: number, height: number): readonly [number, number] {
  return [MARGIN + x * (width - 2 * MARGIN), height - MARGIN - y * (height - 2 * MARGIN)];
}

function nearestTo(
  points: readonly MapPoint[],
  { currentTarget, offsetX, offsetY }: PointerEvent & { readonly currentTarget: HTMLCanvasElement },
): MapPoint | undefined {
  const { clientWidth, clientHeight } = currentTarget;
  let best: MapPoint | undefined;
  let least = REACH;
  for (const point of points) {
    const [x, y] = placeOf(point, clientWidth, clientHeight);
    const distance = Math.hypot(x - offsetX, y - offsetY);
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

interface MapLook {
  readonly chosen: MapPoint | undefined;
  readonly colour: string;
}

function drawMap(
  { pen, width, height, colour }: Brush,
  points: readonly MapPoint[],
  look: MapLook,
): void {
  const [cool, hot] = [colour("--cool"), colour("--hot")];
  if (look.chosen) {
    const [x, y] = placeOf(look.chosen, width, height);
    pen.strokeStyle = colour("--line");
    for (const near of neighboursOf(points, look.chosen)) {
      const [a, b] = placeOf(near, width, height);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(a, b);
      pen.stroke();
    }
  }
  for (const point of points) {
    const [x, y] = placeOf(point, width, height);
    const rank = point.ranks[look.colour] ?? 0.5;
    const isChosen = point === look.chosen;
    pen.fillStyle = `color-mix(in oklab, ${hot} ${Math.round(100 * rank)}%, ${cool})`;
    pen.beginPath();
    pen.arc(x, y, (isChosen ? 6 : 0) + 4 + 6 * (point.ranks["length"] ?? 0.5), 0, 7);
    pen.fill();
    if (!isChosen) continue;
    pen.strokeStyle = colour("--ink");
    pen.lineWidth = 2;
    pen.stroke();
  }
}

function neighboursOf(points: readonly MapPoint[], from: MapPoint): MapPoint[] {
  const distance = ({ x, y }: MapPoint): number => Math.hypot(x - from.x, y - from.y);
  return points
    .filter((point) => point !== from)
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, 3);
}

/** What is chosen, and why its nearest lies near. */
function wordsFor(points: readonly MapPoint[], chosen: MapPoint | undefined): string {
  if (chosen === undefined)
    return "What sounds alike lies near. Touch a point, or use the arrow keys.";
  const [near] = neighboursOf(points, chosen);
  if (near === undefined) return chosen.path;
  const traits = sharedTraits(chosen, near);
  const why = traits.length === 0 ? "" : `: both are ${traits.join(", ")}`;
  return `${chosen.path}, nearest to ${near.path}${why}`;
}
