/** One benchmark: measures, and prints a line for each figure. */
export type Bench = (say: (line: string) => void) => Promise<void>;
