/** The sound that was made, as a picture that fills the room, with the place that is heard. */

import { effect, signal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { heardSide, lengthOf, onDeck, position, seek } from "../deck.browser.ts";
import { type Brush, Canvas } from "../parts/canvas.browser.tsx";
import { pictureOfSound, type SoundPicture } from "../picture-of-sound.ts";

const pictures = new WeakMap<AudioBuffer, SoundPicture>();
const shown = signal<AudioBuffer | undefined>(undefined);

effect(() => {
  const deck = onDeck.value;
  shown.value = (heardSide.value === "b" ? deck?.b : deck?.a)?.buffer ?? deck?.a.buffer;
});

/** A sound as a picture, in whatever size its canvas has. */
export function drawSound(brush: Brush, buffer: AudioBuffer): void {
  drawPicture(brush, pictureOf(buffer));
}

export function Stage({ label }: { readonly label: string }): JSX.Element {
  return (
    <div class="stage">
      <Canvas
        label={label}
        draw={(brush) => {
          const buffer = shown.value;
          if (buffer !== undefined) drawSound(brush, buffer);
        }}
        onPointerDown={({ currentTarget, offsetX }) => {
          const length = shown.peek()?.duration ?? lengthOf(onDeck.peek());
          if (length > 0) void seek((offsetX / currentTarget.clientWidth) * length);
        }}
      />
      <Place />
    </div>
  );
}

/** The place that is heard. It moves with every frame, and the picture below is not drawn again for it. */
function Place(): JSX.Element {
  const line = useRef<HTMLElement>(null);
  useSignalEffect(() => {
    if (line.current === null) return;
    const share = position.value / Math.max(0.001, shown.value?.duration ?? 0);
    line.current.hidden = share <= 0 || share >= 1;
    line.current.style.left = `${100 * share}%`;
  });
  return <i ref={line} class="line" />;
}

function pictureOf(buffer: AudioBuffer): SoundPicture {
  const known = pictures.get(buffer);
  if (known !== undefined) return known;
  const made = pictureOfSound(buffer.getChannelData(0), buffer.sampleRate);
  pictures.set(buffer, made);
  return made;
}

const images = new WeakMap<
  SoundPicture,
  { readonly colours: string; readonly image: ImageBitmap | OffscreenCanvas }
>();

function drawPicture({ pen, width, height, colour }: Brush, picture: SoundPicture): void {
  const colours = `${colour("--stage")} ${colour("--stage-hot")} ${colour("--stage-white")}`;
  let kept = images.get(picture);
  if (kept?.colours !== colours) {
    const ramp = [colour("--stage"), colour("--stage-hot"), colour("--stage-white")].map(
      channelsOf,
    );
    kept = { colours, image: painted(picture, ramp) };
    images.set(picture, kept);
  }
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(kept.image, 0, 0, width, height);
}

type Rgb = readonly [number, number, number];

/** "rgb(20, 18, 16)" */
function channelsOf(text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

function painted(
  { columns, rows, strengths }: SoundPicture,
  ramp: readonly Rgb[],
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(columns, rows);
  const pen = canvas.getContext("2d");
  const image = new ImageData(columns, rows);
  const [dark = [0, 0, 0], hot = [0, 0, 0], white = [0, 0, 0]] = ramp;
  for (const [i, strength] of strengths.entries()) {
    const x = strength ** 1.5;
    const [from, to, share] = x < 0.7 ? [dark, hot, x / 0.7] : [hot, white, (x - 0.7) / 0.3];
    for (let channel = 0; channel < 3; channel += 1) {
      const [a = 0, b = 0] = [from[channel], to[channel]];
      image.data[4 * i + channel] = a + (b - a) * share;
    }
    image.data[4 * i + 3] = 255;
  }
  pen?.putImageData(image, 0, 0);
  return canvas;
}
