/** A table whose rows are sorted by the column that was touched last. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";

export interface Column<T> {
  readonly title: string;
  /** What rows are sorted by. */
  of(row: T): string | number;
  show(row: T): ComponentChildren;
  readonly isNumber?: boolean;
}

interface SortedTableProps<T> {
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  /** Title of the column that it is sorted by at first, from the highest down. */
  readonly by: string;
  /** In a last column without a title. */
  actions(row: T): ComponentChildren;
}

export function SortedTable<T extends { readonly id: string }>({
  rows,
  columns,
  by: first,
  actions,
}: SortedTableProps<T>): JSX.Element {
  const by = useSignal(first);
  const isDown = useSignal(true);
  const of = columns.find(({ title }) => title === by.value)?.of ?? (() => 0);
  const sorted = rows.toSorted((a, b) => {
    const [x, y] = isDown.value ? [of(b), of(a)] : [of(a), of(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  const direction = isDown.value ? "descending" : "ascending";
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            {columns.map(({ title }) => (
              <th key={title} aria-sort={title === by.value ? direction : undefined}>
                <button
                  type="button"
                  onClick={() => {
                    isDown.value = title === by.value ? !isDown.value : true;
                    by.value = title;
                  }}
                >
                  {title} {title === by.value ? (isDown.value ? "↓" : "↑") : ""}
                </button>
              </th>
            ))}
            <th>
              <span class="unseen">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.id}>
              {columns.map(({ title, show, isNumber }) => (
                <td key={title} class={isNumber ? "number" : undefined}>
                  {show(row)}
                </td>
              ))}
              <td>{actions(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
