/** The previews of a run over time: new sounds, and recordings beside their reconstructions. */

import type { JSX } from "preact";
import type { PreviewMade } from "../../../events/events.ts";
import { formatSoundLength } from "../../../show/numbers.ts";
import { isPlaying, loading, onDeck, play, stop, type Track } from "../deck.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { getBytes, withQuery } from "../server.browser.ts";

interface Moment {
  readonly epoch: number;
  readonly step: number;
  readonly samples: readonly PreviewMade[];
  readonly pairs: readonly { readonly original: PreviewMade; readonly rebuilt: PreviewMade }[];
}

const doing = attempts();

export function Previews({
  id,
  previews,
}: {
  readonly id: string;
  readonly previews: readonly PreviewMade[];
}): JSX.Element {
  const moments = momentsOf(previews);
  return (
    <section class="previews" aria-labelledby="previews-title">
      <h2 id="previews-title">What it sounds like</h2>
      <TroubleBox trouble={doing.trouble.value} />
      {moments.length === 0 ? (
        <p class="soft">The first sounds come within seconds of the first steps.</p>
      ) : (
        <ol class="moments">
          {moments.map((moment) => (
            <li key={moment.step}>
              <p class="number">
                {moment.epoch === 0 ? "before learning" : `epoch ${moment.epoch}`}
              </p>
              {moment.samples.map((sample) => (
                <PlayButton
                  key={sample.path}
                  words="new sound"
                  a={trackOf(id, sample, `new sound, epoch ${moment.epoch}`)}
                />
              ))}
              {moment.pairs.map(({ original, rebuilt }) => (
                <PlayButton
                  key={rebuilt.path}
                  words={nameOf(original.recording ?? "recording")}
                  a={trackOf(
                    id,
                    rebuilt,
                    `${nameOf(original.recording ?? "")}, rebuilt in epoch ${moment.epoch}`,
                  )}
                  b={trackOf(id, original, `${nameOf(original.recording ?? "")}, the recording`)}
                />
              ))}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function PlayButton({
  words,
  a,
  b,
}: {
  readonly words: string;
  readonly a: Track & { readonly durationSeconds: number };
  readonly b?: Track;
}): JSX.Element {
  const isOn = onDeck.value?.a.track.key === a.key;
  const isSounding = isOn && isPlaying.value;
  return (
    <button
      type="button"
      class={`preview ${isOn ? "on" : ""} ${loading.value === a.key ? "loading" : ""} ${b ? "pair" : ""}`}
      onClick={() => {
        if (isSounding) stop();
        else void doing.attempt(() => play(a, b));
      }}
    >
      <Icon name={isSounding ? "stop" : "start"} />
      <span>
        <span class="unseen">{isSounding ? "Stop " : "Play "}</span>
        {words}
        {b && <span class="unseen">, rebuilt, and compare with the recording</span>}
      </span>
      <span class="soft number">{b ? "A/B" : formatSoundLength(a.durationSeconds)}</span>
    </button>
  );
}

function trackOf(
  id: string,
  { path, durationSeconds }: PreviewMade,
  title: string,
): Track & { readonly durationSeconds: number } {
  return {
    key: `preview:${id}:${path}`,
    title,
    durationSeconds,
    load: () => getBytes(withQuery(`runs/${encodeURIComponent(id)}/preview`, { path })),
  };
}

/** The newest first. An original is told once, or with each of its reconstructions. */
function momentsOf(previews: readonly PreviewMade[]): Moment[] {
  const steps = [...new Set(previews.map(({ step }) => step))].sort((a, b) => b - a);
  return steps.map((step) => {
    const here = previews.filter((one) => one.step === step);
    const pairs = here.flatMap((rebuilt) => {
      if (rebuilt.kind !== "reconstruction") return [];
      const original = previews.findLast(
        (one) => one.kind === "original" && one.recording === rebuilt.recording && one.step <= step,
      );
      return original ? [{ original, rebuilt }] : [];
    });
    const samples = here.filter(({ kind }) => kind === "sample");
    return { step, epoch: here[0]?.epoch ?? 0, samples, pairs };
  });
}

function nameOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}
