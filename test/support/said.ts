/** What lines on a terminal say, however they are wrapped. */

/**
 * The facts that are not said. "a|b" is said by either; one with "/" is a path, which may be cut
 * into pieces that lie on several lines.
 */
export function unsaid(lines: readonly string[], facts: readonly string[]): string[] {
  const words = lines.join(" ").replace(/\s+/g, " ");
  const letters = words.replaceAll(" ", "");
  const isSaid = (fact: string): boolean =>
    fact.includes("/") ? letters.includes(fact) : words.includes(fact);
  return facts.filter((fact) => !fact.split("|").some(isSaid));
}
