/**
 * Text collections a run can claim to read, with their size as their makers state it.
 *
 * Sizes are rounded and depend on the tokenizer they were counted with.
 */

export interface Dataset {
  readonly name: string;
  /** Tokens, as counted with `tokenizer`. */
  readonly tokens: number;
  readonly tokenizer: string;
  readonly kind: "web" | "code" | "books" | "encyclopedia" | "science" | "mathematics" | "mixed";
  /** A joke; only shown when asked for. @default false */
  readonly isFunny?: boolean;
}

type Row = readonly [name: string, billions: number, tokenizer: string, kind: Dataset["kind"]];

const GPT2 = "GPT-2 BPE";
const NEOX = "GPT-NeoX BPE";
const LLAMA = "Llama SentencePiece";
const LLAMA3 = "Llama 3 tiktoken";

const ROWS: readonly Row[] = [
  ["FineWeb", 15000, GPT2, "web"],
  ["FineWeb-Edu", 1300, GPT2, "web"],
  ["FineWeb-2", 3000, GPT2, "web"],
  ["FineMath", 34, LLAMA3, "mathematics"],
  ["DCLM-Baseline", 3800, NEOX, "web"],
  ["Nemotron-CC", 6300, LLAMA3, "web"],
  ["RedPajama-1T", 1200, LLAMA, "mixed"],
  ["RedPajama-V2", 30000, LLAMA, "web"],
  ["SlimPajama", 627, NEOX, "mixed"],
  ["The Pile", 300, NEOX, "mixed"],
  ["Common Corpus", 2000, LLAMA3, "mixed"],
  ["C4", 156, "T5 SentencePiece", "web"],
  ["mC4", 6300, "mT5 SentencePiece", "web"],
  ["OSCAR-23.01", 1100, GPT2, "web"],
  ["CulturaX", 6300, LLAMA, "web"],
  ["MADLAD-400", 2800, "MADLAD SentencePiece", "web"],
  ["RefinedWeb", 600, "Falcon BPE", "web"],
  ["Dolma", 3000, LLAMA, "mixed"],
  ["OLMo-Mix-1124", 3900, "dolma2 tiktoken", "mixed"],
  ["Dolmino-Mix", 843, "dolma2 tiktoken", "mixed"],
  ["TxT360", 5000, LLAMA3, "mixed"],
  ["Zyda-2", 5000, NEOX, "web"],
  ["ROOTS", 341, "BLOOM BPE", "mixed"],
  ["The Stack v2", 900, "StarCoder BPE", "code"],
  ["StarCoderData", 250, "StarCoder BPE", "code"],
  ["Cosmopedia", 25, "Mistral SentencePiece", "books"],
  ["OpenWebText", 9, GPT2, "web"],
  ["OpenWebMath", 14.7, LLAMA, "mathematics"],
  ["Proof-Pile-2", 55, LLAMA, "mathematics"],
  ["peS2o", 42, NEOX, "science"],
  ["Wikipedia", 4.5, GPT2, "encyclopedia"],
  ["PG-19", 2.9, GPT2, "books"],
  ["WikiText-103", 0.118, GPT2, "encyclopedia"],
  ["SmolLM-Corpus", 252, "SmolLM BPE", "mixed"],
];

const FUNNY: readonly Row[] = [
  ["Every Terms-of-Service Ever", 12, GPT2, "books"],
  ["Overheard in Lifts", 3, LLAMA, "web"],
  ["Unanswered Questions", 40, LLAMA3, "web"],
  ["Sheet Music Read Aloud", 0.4, "Solfège BPE", "mixed"],
];

export const DATASETS: readonly Dataset[] = [
  ...ROWS.map((row) => datasetOf(row)),
  ...FUNNY.map((row) => ({ ...datasetOf(row), isFunny: true })),
];

function datasetOf([name, billions, tokenizer, kind]: Row): Dataset {
  return { name, tokens: Math.round(billions * 1e9), tokenizer, kind };
}
