/** A person's description of a model, kept inside its file. */

import type { ModelDescription } from "../model/description.ts";

export interface ModelAbout {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
}

/** Empty where a file does not say: étude's own do when they were exported from a library. */
export function aboutIn(description: ModelDescription): Pick<ModelAbout, "description" | "tags"> {
  const about = Object(Object(description)["about"]) as Record<string, unknown>;
  const { text, tags } = about;
  return {
    description: typeof text === "string" ? text : "",
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
  };
}
