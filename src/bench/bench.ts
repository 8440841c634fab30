/** One benchmark: measures, and says each figure in a line. */
export type Bench = (say: (line: string) => void) => Promise<void>;
