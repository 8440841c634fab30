/** A canvas that is as sharp as the screen and drawn again whenever something it shows changes. */

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface Brush {
  readonly pen: CanvasRenderingContext2D;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** A colour of the page, "--ink". */
  colour(name: string): string;
}

export interface CanvasProps {
  /** Reads signals: when one changes, it is called again. */
  draw(brush: Brush): void;
  readonly class?: string;
  /** For who cannot see it; without, it is decoration. */
  readonly label?: string;
  readonly onPointerDown?: (
    event: PointerEvent & { readonly currentTarget: HTMLCanvasElement },
  ) => void;
  readonly onPointerMove?: (
    event: PointerEvent & { readonly currentTarget: HTMLCanvasElement },
  ) => void;
  readonly onPointerLeave?: (
    event: PointerEvent & { readonly currentTarget: HTMLCanvasElement },
  ) => void;
}

export function Canvas({ draw, label, ...rest }: CanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(draw);
  latest.current = draw;
  const paint = (): void => {
    if (canvas.current) paintOn(canvas.current, latest.current);
  };
  useSignalEffect(paint);
  useEffect(paint);
  useEffect(() => {
    const observer = new ResizeObserver(paint);
    if (canvas.current) observer.observe(canvas.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", paint);
    addEventListener("themechange", paint);
    return () => {
      observer.disconnect();
      dark.removeEventListener("change", paint);
      removeEventListener("themechange", paint);
    };
  }, []);
  const role = label === undefined ? {} : ({ role: "img", "aria-label": label } as const);
  return <canvas ref={canvas} aria-hidden={label === undefined} {...role} {...rest} />;
}

function paintOn(canvas: HTMLCanvasElement, draw: CanvasProps["draw"]): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = Math.min(2, devicePixelRatio);
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  draw({ pen, width, height, colour: (name) => style.getPropertyValue(name) });
}
