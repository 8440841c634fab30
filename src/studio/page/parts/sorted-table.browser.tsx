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

/** Title of a column, and whether the highest comes first. */
export interface TableOrder {
  readonly by: string;
  readonly isDown: boolean;
}

interface SortedTableProps<T> {
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  /** Title of the column that it is sorted by at first, from the highest down. */
  readonly by: string;
  /** Where rows are only the first of many, and come in their order. */
  readonly sortedElsewhere?: {
    readonly order: TableOrder;
    sort(order: TableOrder): void;
  };
  /** In a last column without a title. */
  actions(row: T): ComponentChildren;
}

export function SortedTable<T extends { readonly id: string }>({
  rows,
  columns,
  by: first,
  sortedElsewhere,
  actions,
}: SortedTableProps<T>): JSX.Element {
  const own = useSignal<TableOrder>({ by: first, isDown: true });
  const { by, isDown } = sortedElsewhere?.order ?? own.value;
  const of = columns.find(({ title }) => title === by)?.of ?? (() => 0);
  const inOrder = (a: T, b: T): number => {
    const [x, y] = isDown ? [of(b), of(a)] : [of(a), of(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  const sorted = sortedElsewhere ? rows : rows.toSorted(inOrder);
  const direction = isDown ? "descending" : "ascending";
  const sortBy = (title: string): void => {
    const order = { by: title, isDown: title === by ? !isDown : true };
    if (sortedElsewhere) sortedElsewhere.sort(order);
    else own.value = order;
  };
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} aria-sort={column.title === by ? direction : undefined}>
                <button type="button" onClick={() => sortBy(column.title)}>
                  {column.title} {column.title === by ? (isDown ? "↓" : "↑") : ""}
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
                <td key={title} class={isNumber ? "number" : undefined} data-title={title}>
                  {show(row)}
                </td>
              ))}
              <td class="last">{actions(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
