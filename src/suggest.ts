/** "Did you mean": the accepted word that is nearest to a typed one. */

/** @returns undefined where nothing is near enough to be meant. */
export function nearestWord(typed: string, accepted: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  let nearest: string | undefined;
  // A third of the letters may be wrong; more is another word.
  let distance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const word of accepted) {
    const found = word.startsWith(wanted) && wanted.length > 1 ? 0 : editDistance(wanted, word);
    if (found < distance) {
      nearest = word;
      distance = found;
    }
  }
  return nearest;
}

/** Letters to add, drop, change or swap with their neighbour to get from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(changed, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
