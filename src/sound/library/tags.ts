/** Tags of models and sounds: words by which they are found again. */

/** What becomes of tags. */
export interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Tags after a change: compared letter by letter, each there once, in the order in which they came.
 *
 * @example changedTags(["wet"], { add: ["#dark "], remove: ["wet"] }) // ["dark"]
 */
export function changedTags(
  tags: readonly string[],
  { add, remove }: TagChange,
): readonly string[] {
  const gone = new Set(remove.map(bareTag));
  return [...new Set([...tags, ...add.map(bareTag)])].filter((tag) => tag && !gone.has(tag));
}

/** "#wet " -> "wet", as tags are shown. */
function bareTag(tag: string): string {
  return tag.trim().replace(/^#+/, "");
}
