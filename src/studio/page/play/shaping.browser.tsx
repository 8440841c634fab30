/** What is done to a sound after the model: a loop at a tempo, grains, space, another pitch. */

import type { JSX } from "preact";
import type { Grains } from "../../../sound/audio/grains.ts";
import type { PlacedSpace, Space, StereoSpace } from "../../../sound/audio/space/space.ts";
import type { LoopTime } from "../../../sound/latent/loop/loop-time.ts";
import { isLooping } from "../deck.browser.ts";
import type { Instrument } from "../instrument.browser.ts";
import type { Shape } from "../setting.ts";
import { Slider } from "./slider.browser.tsx";

const FIRST: {
  readonly loop: LoopTime;
  readonly grains: Grains;
  readonly space: Space;
  readonly transpose: number;
} = {
  loop: { bars: 2, bpm: 120, beatsPerBar: 4, beatUnit: 4 },
  grains: { sizeMs: 80, density: 30, spread: 0.3 },
  space: { kind: "stereo", width: 1, depth: 0.2 },
  transpose: 0,
};

type Part = keyof typeof FIRST;

const PARTS: readonly { readonly part: Part; readonly label: string }[] = [
  { part: "loop", label: "Loop" },
  { part: "space", label: "Space" },
  { part: "grains", label: "Grains" },
  { part: "transpose", label: "Pitch" },
];

export function Shaping({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const { shape } = instrument.setting.value;
  const move = (change: Shape, what: string): void =>
    instrument.move({ shape: { ...instrument.setting.peek().shape, ...change } }, what);
  const toggle = (part: Part): void => {
    const { [part]: isOn, ...rest } = instrument.setting.peek().shape;
    const next: Shape = isOn === undefined ? { ...rest, [part]: FIRST[part] } : rest;
    // What goes round is the same each time, which grains are not.
    const { grains: _, ...round } = next;
    if (part === "loop") isLooping.value = isOn === undefined;
    instrument.move({ shape: next.loop && part === "loop" ? round : next }, part);
  };
  return (
    <section class="shaping" aria-label="After it">
      <div class="chips">
        {PARTS.map(({ part, label }) => (
          <button
            key={part}
            type="button"
            class={`button ${shape[part] === undefined ? "" : "on"}`}
            aria-pressed={shape[part] !== undefined}
            disabled={
              (part === "grains" && shape.loop !== undefined) ||
              (part === "loop" && shape.from !== undefined)
            }
            onClick={() => toggle(part)}
          >
            {label}
          </button>
        ))}
        <label class="button">
          Start from a file…
          <input
            type="file"
            class="unseen"
            accept="audio/*"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              currentTarget.value = "";
              if (file) void instrument.startFrom(file.name, () => file.arrayBuffer());
            }}
          />
        </label>
      </div>
      {shape.from && (
        <p class="part">
          From “{shape.from.name}”: Wander says how far.{" "}
          <button
            type="button"
            class="button small"
            onClick={() => {
              const { from: _, ...rest } = instrument.setting.peek().shape;
              instrument.move({ shape: rest }, "start");
            }}
          >
            From nowhere
          </button>
        </p>
      )}
      {shape.loop && <LoopPart loop={shape.loop} onMove={(loop) => move({ loop }, "loop time")} />}
      {shape.space && (
        <SpacePart space={shape.space} onMove={(space) => move({ space }, "place")} />
      )}
      {shape.grains && (
        <GrainsPart grains={shape.grains} onMove={(grains) => move({ grains }, "grain")} />
      )}
      {shape.transpose !== undefined && (
        <PitchPart
          transpose={shape.transpose}
          formants={shape.formants ?? firstFormants(instrument)}
          canKeep={instrument.view.value?.hasPitch ?? false}
          onMove={(change) => move(change, "pitch")}
        />
      )}
    </section>
  );
}

function LoopPart({
  loop,
  onMove,
}: {
  readonly loop: LoopTime;
  onMove(loop: LoopTime): void;
}): JSX.Element {
  return (
    <div class="part">
      <Slider
        label="Tempo"
        {...{ min: 40, max: 220, step: 1, value: loop.bpm, text: `${loop.bpm} bpm` }}
        onChange={(bpm) => onMove({ ...loop, bpm })}
      />
      <Slider
        label="Bars"
        {...{ min: 1, max: 8, step: 1, value: loop.bars, text: String(loop.bars) }}
        onChange={(bars) => onMove({ ...loop, bars })}
      />
      <Slider
        label="Beats of a bar"
        {...{ min: 2, max: 7, step: 1, value: loop.beatsPerBar }}
        text={`${loop.beatsPerBar}/${loop.beatUnit}`}
        onChange={(beatsPerBar) => onMove({ ...loop, beatsPerBar })}
      />
    </div>
  );
}

const KINDS: readonly { readonly kind: Space["kind"]; readonly label: string }[] = [
  { kind: "stereo", label: "Wide" },
  { kind: "two-seeds", label: "Two sounds" },
  { kind: "binaural", label: "Around the head" },
];

const FIRST_PLACE = { azimuthDegrees: 60, elevationDegrees: 0, depth: 0.2 };

function SpacePart({
  space,
  onMove,
}: {
  readonly space: Space;
  onMove(space: Space): void;
}): JSX.Element {
  const { kind, depth = 0 } = space;
  const isPlaced = kind === "binaural" || kind === "ambisonic";
  return (
    <div class="part">
      <fieldset class="chips plain">
        <legend class="unseen">Kind of space</legend>
        {KINDS.map((one) => (
          <button
            key={one.kind}
            type="button"
            class={`button small ${one.kind === kind ? "on" : ""}`}
            aria-pressed={one.kind === kind}
            onClick={() =>
              onMove(
                one.kind === "binaural"
                  ? { kind: one.kind, ...FIRST_PLACE }
                  : { kind: one.kind as StereoSpace["kind"], width: 1, depth },
              )
            }
          >
            {one.label}
          </button>
        ))}
      </fieldset>
      {isPlaced ? (
        <PlaceSliders space={space as PlacedSpace} onMove={onMove} />
      ) : (
        <Slider
          label="Width"
          {...{ min: 0, max: 1.5, step: 0.05, value: (space as StereoSpace).width ?? 1 }}
          text={`${Math.round(100 * ((space as StereoSpace).width ?? 1))} %`}
          onChange={(width) => onMove({ ...(space as StereoSpace), width })}
        />
      )}
      <Slider
        label="Depth"
        {...{ min: 0, max: 1, step: 0.05, value: depth, text: `${Math.round(100 * depth)} %` }}
        onChange={(value) => onMove({ ...space, depth: value })}
      />
    </div>
  );
}

function PlaceSliders({
  space,
  onMove,
}: {
  readonly space: PlacedSpace;
  onMove(space: Space): void;
}): JSX.Element {
  const { azimuthDegrees, elevationDegrees, travel } = space;
  const turns = (travel?.azimuthDegrees ?? 0) / 360;
  return (
    <>
      <Slider
        label="Direction"
        {...{ min: -180, max: 180, step: 5, value: azimuthDegrees, text: `${azimuthDegrees}°` }}
        onChange={(value) => onMove({ ...space, azimuthDegrees: value })}
      />
      <Slider
        label="Height"
        {...{ min: -90, max: 90, step: 5, value: elevationDegrees, text: `${elevationDegrees}°` }}
        onChange={(value) => onMove({ ...space, elevationDegrees: value })}
      />
      <Slider
        label="Goes round"
        {...{ min: -4, max: 4, step: 0.25, value: turns, text: `${turns} ×` }}
        onChange={(value) => {
          const { travel: _, ...still } = space;
          const going = { azimuthDegrees: 360 * value, elevationDegrees: 0 };
          onMove(value === 0 ? still : { ...still, travel: going });
        }}
      />
    </>
  );
}

function GrainsPart({
  grains,
  onMove,
}: {
  readonly grains: Grains;
  onMove(grains: Grains): void;
}): JSX.Element {
  const { sizeMs, density, spread } = grains;
  return (
    <div class="part">
      <Slider
        label="Size"
        {...{ min: 1.6, max: 6.9, step: 0.05, value: Math.log(sizeMs), text: `${sizeMs} ms` }}
        onChange={(value) => onMove({ ...grains, sizeMs: Math.round(Math.exp(value)) })}
      />
      <Slider
        label="Grains a second"
        {...{ min: 0, max: 5.5, step: 0.05, value: Math.log(density), text: String(density) }}
        onChange={(value) => onMove({ ...grains, density: Math.round(Math.exp(value)) })}
      />
      <Slider
        label="Scatter"
        {...{ min: 0, max: 1, step: 0.05, value: spread, text: `${Math.round(100 * spread)} %` }}
        onChange={(value) => onMove({ ...grains, spread: value })}
      />
    </div>
  );
}

type Formants = NonNullable<Shape["formants"]>;

/** Only a model with pitch can move partials and leave the formants. */
function firstFormants({ view }: Instrument): Formants {
  return view.value?.hasPitch ? "keep" : "move";
}

interface PitchPartProps {
  readonly transpose: number;
  readonly formants: Formants;
  readonly canKeep: boolean;
  onMove(change: Pick<Shape, "transpose" | "formants">): void;
}

function PitchPart({ transpose, formants, canKeep, onMove }: PitchPartProps): JSX.Element {
  return (
    <div class="part">
      <Slider
        label="Semitones"
        {...{ min: -24, max: 24, step: 1, value: transpose }}
        text={transpose > 0 ? `+${transpose}` : String(transpose)}
        onChange={(value) => onMove({ transpose: value, formants })}
      />
      {canKeep && (
        <button
          type="button"
          class={`button small ${formants === "move" ? "on" : ""}`}
          aria-pressed={formants === "move"}
          onClick={() => onMove({ transpose, formants: formants === "move" ? "keep" : "move" })}
        >
          Formants go along
        </button>
      )}
    </div>
  );
}
