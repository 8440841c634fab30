/** Curves of a run by uPlot, decimated to what the screen can show, and drawn once a frame at most. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { decimated } from "../decimated.ts";

export interface Curve {
  readonly label: string;
  /** A colour of the page, "--hot". */
  readonly colour: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** Thin and pale: what the bold ones are the mean of. */
  readonly isFaint?: boolean;
}

export interface CurvesProps {
  readonly curves: readonly Curve[];
  readonly isLogarithmic?: boolean;
  readonly unit: string;
  readonly label: string;
}

export function Curves(props: CurvesProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = props.curves.map(({ label }) => label).join() + String(props.isLogarithmic);

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    let plot = openPlot(element, latest.current);
    let frame = 0;
    const redraw = (isAnew: boolean): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        if (isAnew) {
          plot.destroy();
          plot = openPlot(element, latest.current);
        } else plot.setData(dataOf(latest.current, element.clientWidth));
      });
    };
    redrawOf.set(element, () => redraw(false));
    const observer = new ResizeObserver(() => {
      plot.setSize(sizeOf(element));
      redraw(false);
    });
    observer.observe(element);
    const anew = (): void => redraw(true);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", anew);
    addEventListener("themechange", anew);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      dark.removeEventListener("change", anew);
      removeEventListener("themechange", anew);
      plot.destroy();
    };
  }, [shape]);

  useEffect(() => {
    if (host.current) redrawOf.get(host.current)?.();
  });
  return <div ref={host} class="curves" role="img" aria-label={props.label} />;
}

const redrawOf = new WeakMap<HTMLElement, () => void>();

function sizeOf(element: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: Math.max(100, element.clientWidth), height: Math.max(80, element.clientHeight) };
}

function openPlot(element: HTMLElement, props: CurvesProps): uPlot {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
    gap: 6,
  };
  return new uPlot(
    {
      ...sizeOf(element),
      legend: { show: false },
      cursor: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: false },
        y: props.isLogarithmic ? { distr: 3, log: 10 } : {},
      },
      axes: [
        { ...axis, grid: { show: false }, size: 26 },
        {
          ...axis,
          size: 54,
          values: (_, splits) => splits.map((value) => (value === null ? "" : short(value))),
        },
      ],
      series: [
        {},
        ...props.curves.map(({ label, colour: name, isFaint }) => ({
          label,
          stroke: colour(name),
          width: isFaint ? 1 : 2.25,
          alpha: isFaint ? 0.45 : 1,
          spanGaps: true,
          points: { show: false },
        })),
      ],
    },
    dataOf(props, element.clientWidth),
    element,
  );
}

function short(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 10_000)
    ? value.toExponential(0)
    : String(+value.toPrecision(3));
}

/** Curves of different places as columns over one axis. */
function dataOf({ curves, isLogarithmic }: CurvesProps, pixels: number): uPlot.AlignedData {
  const few = curves.map(({ x, y }) => decimated({ x, y }, Math.max(50, pixels)));
  const tables = few.map(
    ({ x, y }): uPlot.AlignedData => [
      x,
      isLogarithmic ? y.map((value) => (value !== null && value > 0 ? value : null)) : y,
    ],
  );
  return tables.length === 0 ? [[]] : uPlot.join(tables);
}
