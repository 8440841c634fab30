/** Where in the studio a page is: the part of its address after "#". */

export const PLACES = ["sounds", "train", "play", "library", "rehearse"] as const;

export type PlaceName = (typeof PLACES)[number];

export interface Place {
  readonly name: PlaceName;
  /** What is looked at there: a corpus, a run, a model. */
  readonly of: string | undefined;
}

export const placeTitles: { readonly [P in PlaceName]: string } = {
  sounds: "Sounds",
  train: "Train",
  play: "Play",
  library: "Library",
  rehearse: "Rehearse",
};

/** "#/train/rain" -> the run "rain"; anything else is the first place. */
export function placeOf(hash: string): Place {
  const [, name = "", of = ""] = /^#\/([a-z]+)(?:\/([^/?]*))?/.exec(hash) ?? [];
  const known = PLACES.find((place) => place === name);
  if (known === undefined) return { name: "sounds", of: undefined };
  return { name: known, of: of === "" ? undefined : decoded(of) };
}

export function hashOf({ name, of }: Place): string {
  return of === undefined ? `#/${name}` : `#/${name}/${encodeURIComponent(of)}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
