/**
 * What a file says about its sound: for people (title, artist, album, comment), and for programs
 * that want to make it again (seed, model, preset).
 */

/** All of it is left out where it is not given. */
export interface SoundTags {
  readonly title?: string;
  readonly artist?: string;
  readonly album?: string;
  readonly comment?: string;
  readonly seed?: number;
  /** Name of the model. */
  readonly model?: string;
  readonly preset?: string;
}

/** The program that wrote the file, in the field that each format has for that. */
export const SOFTWARE = "etude";

/** Comments that étude writes begin so: other programs keep comments when they convert a file. */
export const MADE_BY = "Made by étude";

/** The fields for programs begin so, in the formats that have fields of any name. */
export const OWN_FIELD = "ETUDE_";

/** Fields of any name: seed, model and preset, as far as they are known. */
export function ownFields({ seed, model, preset }: SoundTags): (readonly [string, string])[] {
  return [
    [`${OWN_FIELD}SEED`, seed === undefined ? "" : String(seed)] as const,
    [`${OWN_FIELD}MODEL`, model ?? ""] as const,
    [`${OWN_FIELD}PRESET`, preset ?? ""] as const,
  ].filter(([, value]) => value !== "");
}

/** The comment, or what would stand in it: "Made by étude: seed 7, model Rain, preset Dusk". */
export function commentOf(tags: SoundTags): string {
  if (tags.comment !== undefined) return tags.comment;
  const facts = [
    ...(tags.seed === undefined ? [] : [`seed ${tags.seed}`]),
    ...(tags.model === undefined ? [] : [`model ${tags.model}`]),
    ...(tags.preset === undefined ? [] : [`preset ${tags.preset}`]),
  ];
  return facts.length === 0 ? MADE_BY : `${MADE_BY}: ${facts.join(", ")}`;
}
