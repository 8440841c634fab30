/** The deck at the foot of the page: what plays, where it stands, and which of two is heard. */

import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatClock } from "../../show/numbers.ts";
import { type Waveform, waveformOf } from "../../sound/audio/waveform.ts";
import { openedOutput } from "./audio.browser.ts";
import {
  hear,
  heardSide,
  isLooping,
  isPlaying,
  lengthOf,
  onDeck,
  position,
  type Side,
  seek,
  stop,
  type Track,
  togglePlaying,
  toggleSide,
} from "./deck.browser.ts";
import { Canvas } from "./parts/canvas.browser.tsx";
import { Icon } from "./parts/icons.browser.tsx";
import { say } from "./parts/toasts.browser.tsx";
import { drawOutline } from "./parts/waveform.browser.tsx";
import { keepPreset } from "./play/presets.browser.tsx";
import { troubleOf } from "./server.browser.ts";

const COLUMNS = 800;

export function DeckBar(): JSX.Element | null {
  useKeys();
  const deck = onDeck.value;
  if (deck === undefined) return null;
  const side = heardSide.value === "b" && deck.b ? deck.b : deck.a;
  const length = lengthOf(deck);
  return (
    <section class="deck" aria-label="Player">
      <button
        type="button"
        class="go"
        aria-label={isPlaying.value ? "Pause" : "Play"}
        aria-keyshortcuts="Space"
        onClick={() => void togglePlaying()}
      >
        <Icon name={isPlaying.value ? "stop" : "start"} />
      </button>
      <div class="track">
        <p class="title">
          <strong>{side.track.title}</strong>
          <Clock />
        </p>
        <div class="seek">
          <Canvas
            draw={(brush) =>
              drawOutline(brush, outlineOf(side), {
                heard: position.value / Math.max(0.001, length),
              })
            }
          />
          <SeekRange length={length} />
        </div>
      </div>
      <div class="sides">
        {deck.b && side.track.made && <KeepWinner key={side.track.key} track={side.track} />}
        {deck.b && (
          <fieldset class="ab">
            <legend class="unseen">Which of the two is heard</legend>
            {(["a", "b"] as const).map((name) => (
              <button
                key={name}
                type="button"
                class={`button round ${heardSide.value === name ? "on" : ""}`}
                aria-pressed={heardSide.value === name}
                title={`${deck[name]?.track.title ?? ""} (B changes sides)`}
                onClick={() => hear(name)}
              >
                {name.toUpperCase()}
              </button>
            ))}
          </fieldset>
        )}
        <button
          type="button"
          class={`button round ${isLooping.value ? "on" : ""}`}
          aria-pressed={isLooping.value}
          aria-label="Repeat"
          onClick={() => {
            isLooping.value = !isLooping.value;
            if (isPlaying.peek()) void seek(position.peek());
          }}
        >
          <Icon name="loop" />
        </button>
        <Scope />
      </div>
    </section>
  );
}

/** The one of two that is heard becomes a preset of its model. */
function KeepWinner({ track }: { readonly track: Track }): JSX.Element | null {
  const isKept = useSignal(false);
  const { made } = track;
  if (made === undefined || !made.voice.startsWith("model:")) return null;
  return (
    <button
      type="button"
      class="button"
      disabled={isKept.value}
      title={`Keeps “${track.title}” as a preset`}
      onClick={() => {
        isKept.value = true;
        keepPreset(made.voice, track.title.replaceAll(/[:\\/]/g, " "), made.request).then(
          () => say(`“${track.title}” is a preset now`),
          (failure: unknown) => {
            isKept.value = false;
            say(troubleOf(failure).message);
          },
        );
      }}
    >
      Keep this one
    </button>
  );
}

function Clock(): JSX.Element {
  const text = `${formatClock(1000 * position.value)} / ${formatClock(1000 * lengthOf(onDeck.value))}`;
  return <span class="soft number">{text}</span>;
}

function SeekRange({ length }: { readonly length: number }): JSX.Element {
  const range = useRef<HTMLInputElement>(null);
  useSignalEffect(() => {
    if (range.current) range.current.value = String(position.value);
  });
  return (
    <input
      ref={range}
      type="range"
      min="0"
      max={length}
      step="0.01"
      aria-label="Position in seconds"
      onInput={({ currentTarget }) => void seek(currentTarget.valueAsNumber)}
    />
  );
}

/** What is heard now, as a line. Nothing is drawn, nor computed, while nothing plays. */
function Scope(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    if (!isPlaying.value || matchMedia("(prefers-reduced-motion: reduce)").matches)
      return undefined;
    const pen = canvas.current?.getContext("2d");
    if (!pen) return undefined;
    const { width, height } = pen.canvas;
    const samples = new Float32Array(1024);
    let frame = 0;
    const draw = (): void => {
      frame = requestAnimationFrame(draw);
      pen.clearRect(0, 0, width, height);
      openedOutput()?.analyser.getFloatTimeDomainData(samples);
      pen.strokeStyle = getComputedStyle(pen.canvas).getPropertyValue("--hot");
      pen.lineWidth = 2;
      pen.beginPath();
      for (const [i, value] of samples.entries()) {
        pen.lineTo((i / samples.length) * width, height / 2 - (value * height) / 2);
      }
      pen.stroke();
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      pen.clearRect(0, 0, width, height);
    };
  });
  return <canvas ref={canvas} class="scope" width="240" height="80" />;
}

/** Space plays, B changes sides, Escape stops, unless somebody types or works a control. */
function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { key, target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || onDeck.peek() === undefined) return;
      if (
        target instanceof Element &&
        target.closest("input, select, textarea, button, a, summary")
      )
        return;
      if (key === " ") void togglePlaying();
      else if (key.toLowerCase() === "b") toggleSide();
      else if (key === "Escape") stop();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

const outlines = new WeakMap<AudioBuffer, Waveform & { readonly scale: number }>();

function outlineOf({ buffer }: Side): Waveform & { readonly scale: number } {
  const known = outlines.get(buffer);
  if (known !== undefined) return known;
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) =>
    buffer.getChannelData(i),
  );
  const outline = waveformOf(channels, COLUMNS);
  const made = { ...outline, scale: 1 };
  outlines.set(buffer, made);
  return made;
}
