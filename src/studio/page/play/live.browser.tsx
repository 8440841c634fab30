/** The switch from drafts to a sound without a break, and what it does. */

import type { JSX } from "preact";
import type { Hands } from "../hands.browser.ts";
import type { LivePlay } from "../live-play.browser.ts";

const KINDS = [
  { kind: "walk", label: "Drifting" },
  { kind: "sustain", label: "Held" },
  { kind: "off", label: "Keys alone" },
] as const;

interface LiveProps {
  readonly instrument: Hands;
  /** With what was played, as a WAV file. */
  onRecorded?(title: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

export function Live({ instrument, onRecorded }: LiveProps): JSX.Element {
  const { live } = instrument;
  const state = live.state.value;
  return (
    <section class={`live ${state}`} aria-label="Live">
      <button
        type="button"
        class={`button ${state === "off" ? "hot" : "on"}`}
        aria-pressed={state !== "off"}
        disabled={state === "opening"}
        onClick={() => void (state === "off" ? live.begin() : live.end())}
      >
        {state === "off" ? "Play live" : state === "opening" ? "Waking it up…" : "Live"}
      </button>
      {state === "on" && (
        <>
          {KINDS.map(({ kind, label }) => (
            <button
              key={kind}
              type="button"
              class={`button ${live.kind.value === kind ? "on" : ""}`}
              aria-pressed={live.kind.value === kind}
              onClick={() => live.stream(kind)}
            >
              {label}
            </button>
          ))}
          <RecordButton
            live={live}
            name={instrument.view.value?.name ?? "played"}
            onRecorded={onRecorded}
          />
          <Meter live={live} />
        </>
      )}
    </section>
  );
}

let count = 0;

interface RecordProps {
  readonly live: LivePlay;
  readonly name: string;
  readonly onRecorded: LiveProps["onRecorded"];
}

/** What was played is handed over as a file. */
function RecordButton({ live, name, onRecorded }: RecordProps): JSX.Element {
  const finish = async (): Promise<void> => {
    const bytes = await live.recorded();
    if (bytes === undefined) return;
    count += 1;
    const title = `${name}, played ${count}`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
    link.download = `${title}.wav`;
    link.click();
    await onRecorded?.(title, bytes);
  };
  return (
    <button
      type="button"
      class={`button ${live.isRecording.value ? "on" : ""}`}
      aria-pressed={live.isRecording.value}
      onClick={() => {
        if (live.isRecording.value) void finish();
        else live.record();
      }}
    >
      {live.isRecording.value ? "Stop and save" : "Record"}
    </button>
  );
}

function Meter({ live }: { readonly live: LivePlay }): JSX.Element {
  const status = live.status.value;
  const missed = (status?.missedSamples ?? 0) + (status?.lateSamples ?? 0);
  const db = 20 * Math.log10(Math.max(1e-3, live.level.value));
  return (
    <span class="meter">
      <i style={{ width: `${Math.max(0, Math.min(100, 100 + (100 * db) / 60))}%` }} />
      <span class="number small" title="Samples that did not come in time since live began">
        {missed === 0 ? "no gap" : `${Math.round(missed / 48)} ms missed`}
        {status && ` · load ${Math.round(100 * status.load)} %`}
      </span>
    </span>
  );
}
