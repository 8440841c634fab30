/** The switch from drafts to a sound without a break, and what it does. */

import type { JSX } from "preact";
import { browserClock } from "../../../host.browser.ts";
import { formatClock } from "../../../show/numbers.ts";
import type { Hands } from "../hands.browser.ts";
import type { LivePlay } from "../live-play.browser.ts";

const KINDS = [
  { kind: "walk", label: "Drifting" },
  { kind: "sustain", label: "Held" },
  { kind: "off", label: "Keys alone" },
] as const;

interface LiveProps {
  readonly instrument: Hands;
  /** With what was played, as a WAV file. @default handed over as a download */
  onRecorded?(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

export function Live({ instrument, onRecorded }: LiveProps): JSX.Element {
  const { live } = instrument;
  const state = live.state.value;
  return (
    <section class={`live ${state}`} aria-label="Live">
      <button
        type="button"
        class={`button lamp ${state === "off" ? "hot" : "on"}`}
        aria-pressed={state !== "off"}
        disabled={state === "opening"}
        onClick={() => void (state === "off" ? instrument.wake() : live.end())}
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
          <RecordButton instrument={instrument} onRecorded={onRecorded} />
          <Meter live={live} />
        </>
      )}
    </section>
  );
}

interface RecordProps {
  readonly instrument: Hands;
  readonly onRecorded: LiveProps["onRecorded"];
}

function RecordButton({ instrument, onRecorded }: RecordProps): JSX.Element {
  const { live, view } = instrument;
  const sinceMs = live.recordingSinceMs.value;
  const finish = async (): Promise<void> => {
    const bytes = await live.recorded();
    if (bytes === undefined) return;
    if (onRecorded) await onRecorded(bytes);
    else handOver(bytes, `${view.peek()?.name ?? "sound"}, played.wav`);
  };
  return (
    <button
      type="button"
      class={`button record ${sinceMs === undefined ? "" : "on"}`}
      aria-pressed={sinceMs !== undefined}
      onClick={() => {
        if (sinceMs === undefined) live.record();
        else void finish();
      }}
    >
      <i aria-hidden="true" />
      {sinceMs === undefined ? "Record" : onRecorded ? "Stop and keep" : "Stop and save"}
      {sinceMs !== undefined && <RecordedTime live={live} sinceMs={sinceMs} />}
    </button>
  );
}

function handOver(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
  link.download = name;
  link.click();
}

interface RecordedTimeProps {
  readonly live: LivePlay;
  readonly sinceMs: number;
}

function RecordedTime({ live, sinceMs }: RecordedTimeProps): JSX.Element {
  // The level is told 20 times a second.
  void live.status.value;
  return <span class="number">{formatClock(browserClock.nowMs() - sinceMs)}</span>;
}

function Meter({ live }: { readonly live: LivePlay }): JSX.Element {
  const status = live.status.value;
  const missed = (status?.missedSamples ?? 0) + (status?.lateSamples ?? 0);
  const db = 20 * Math.log10(Math.max(1e-3, live.level.value));
  const renewals = live.renewals.value;
  return (
    <span class="meter">
      <i style={{ width: `${Math.max(0, Math.min(100, 100 + (100 * db) / 60))}%` }} />
      <span class="number small" title="Samples that did not come in time since live began">
        {missed === 0 ? "no gap" : `${Math.round(missed / 48)} ms missed`}
        {status && ` · load ${Math.round(100 * status.load)} %`}
        {renewals > 0 && ` · learned more ${renewals} ×`}
      </span>
    </span>
  );
}
