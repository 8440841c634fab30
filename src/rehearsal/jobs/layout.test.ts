import fc from "fast-check";
import { expect, test } from "vitest";
import { layoutOf, PANE_HEIGHT_MIN, PANE_WIDTH_MIN } from "./layout.ts";

test("a layout fills the screen exactly and shows or counts every job", () => {
  const jobs = fc.integer({ min: 1, max: 9 });
  const width = fc.integer({ min: 40, max: 300 });
  const height = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(jobs, width, height, (count, columns, rows) => {
      const { rows: paneRows, lines, more } = layoutOf(count, { width: columns, height: rows });
      const panes = paneRows.reduce((sum, { widths }) => sum + widths.length, 0);
      expect(panes + lines + more).toBe(count);
      const used = paneRows.reduce((sum, row) => sum + row.height, 0) + lines + (more > 0 ? 1 : 0);
      expect(panes > 0 ? used : rows).toBe(rows);
      expect(used).toBeLessThanOrEqual(rows);
      for (const { height: rowHeight, widths } of paneRows) {
        expect(rowHeight).toBeGreaterThanOrEqual(PANE_HEIGHT_MIN);
        expect(Math.min(...widths)).toBeGreaterThanOrEqual(PANE_WIDTH_MIN);
        expect(widths.reduce((sum, one) => sum + one + 1, -1)).toBe(columns);
      }
    }),
  );
});

test.each([
  { jobs: 2, width: 200, height: 49, grid: [2], lines: 0, more: 0 },
  { jobs: 2, width: 80, height: 23, grid: [1, 1], lines: 0, more: 0 },
  { jobs: 3, width: 120, height: 39, grid: [2, 1], lines: 0, more: 0 },
  { jobs: 4, width: 120, height: 39, grid: [2, 2], lines: 0, more: 0 },
  { jobs: 6, width: 300, height: 59, grid: [3, 3], lines: 0, more: 0 },
  { jobs: 9, width: 120, height: 39, grid: [3, 3, 3], lines: 0, more: 0 },
  { jobs: 9, width: 80, height: 23, grid: [2, 2, 2, 2, 1], lines: 0, more: 0 },
  { jobs: 9, width: 60, height: 19, grid: [1, 1, 1], lines: 6, more: 0 },
  { jobs: 9, width: 40, height: 11, grid: [], lines: 9, more: 0 },
  { jobs: 9, width: 40, height: 7, grid: [], lines: 6, more: 3 },
])(
  "$jobs jobs on $width x $height stand in rows of $grid, with $lines lines and $more more",
  ({ jobs, width, height, grid, lines, more }) => {
    const layout = layoutOf(jobs, { width, height });
    expect(layout.rows.map(({ widths }) => widths.length)).toEqual(grid);
    expect([layout.lines, layout.more]).toEqual([lines, more]);
  },
);
