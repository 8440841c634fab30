/** Tags of a model or a sound: given and taken away where they stand. */

import type { JSX } from "preact";
import type { TagChange } from "../../../sound/library/tags.ts";

interface TagsProps {
  /** Name of what has them. */
  readonly of: string;
  readonly tags: readonly string[];
  onChange(change: TagChange): void;
}

export function Tags({ of, tags, onChange }: TagsProps): JSX.Element {
  return (
    <div class="chips tags">
      {tags.map((tag) => (
        <button
          key={tag}
          type="button"
          class="chip"
          title="Take this tag away"
          onClick={() => onChange({ add: [], remove: [tag] })}
        >
          {tag} ×
        </button>
      ))}
      <input
        class="tag"
        aria-label={`New tag for ${of}`}
        placeholder="+ tag"
        maxLength={60}
        onKeyDown={({ key, currentTarget }) => {
          if (key !== "Enter" || currentTarget.value.trim() === "") return;
          onChange({ add: [currentTarget.value], remove: [] });
          currentTarget.value = "";
        }}
      />
    </div>
  );
}
