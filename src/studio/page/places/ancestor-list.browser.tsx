/** Which recordings a sound comes from, when somebody asks. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { formatPercent } from "../../../show/numbers.ts";
import type { Ancestors } from "../../../sound/work/ancestors.ts";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { getJson } from "../server.browser.ts";

const READINGS: { readonly [R in Ancestors["reading"]]: string } = {
  copy: "Nearly a copy of a recording",
  close: "Nearer to the recordings than they are to each other",
  new: "As new as the recordings are to each other",
};

const SHOWN = 4;

export function AncestorList({
  id,
  title,
}: {
  readonly id: string;
  readonly title: string;
}): JSX.Element {
  const found = useSignal<Ancestors | undefined>(undefined);
  const doing = useMemo(() => attempts(), []);
  const look = (): void => {
    if (found.peek() !== undefined || doing.isBusy.peek()) return;
    void doing.attempt(async () => {
      found.value = await getJson<Ancestors>(`history/${id}/ancestors`);
    });
  };
  return (
    <details class="ancestors" onToggle={({ currentTarget }) => currentTarget.open && look()}>
      <summary>
        Where from?<span class="unseen"> {title}</span>
      </summary>
      <TroubleBox trouble={doing.trouble.value} />
      {doing.isBusy.value && <p class="soft small">Listening…</p>}
      {found.value && (
        <>
          <p class="small">{READINGS[found.value.reading]}</p>
          <ul>
            {found.value.nearest.slice(0, SHOWN).map(({ name, sha256, share }) => (
              <li key={sha256 ?? name}>
                <i style={{ width: `${100 * share}%` }} />
                <span class="path">{name ?? `recording ${sha256?.slice(0, 6) ?? "unknown"}`}</span>
                <span class="number soft">{formatPercent(share)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}
