/**
 * The shape of a decoder-only language model, and what follows from it exactly:
 * how many numbers it holds, and how many of them touch each token.
 *
 * Only shapes here; how fast it trains is in `../plan`.
 */

export interface Architecture {
  readonly layers: number;
  readonly hidden: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads; fewer than `heads` means grouped queries. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the feed-forward block; of one expert where there are experts. */
  readonly ffn: number;
  readonly vocab: number;
  /** Input and output embedding are one matrix. */
  readonly tiedEmbeddings: boolean;
  /** SwiGLU or GeGLU: three matrices instead of two. */
  readonly gatedMlp: boolean;
  /** Routed experts in a layer; 0 for a dense model. @default 0 */
  readonly experts?: number;
  /** @default 0 */
  readonly expertsPerToken?: number;

  /** Width of the experts that every token visits. @default 0 */
  readonly sharedFfn?: number;
  /** One gate number per token for the shared experts. @default false */
  readonly sharedGate?: boolean;
  /** The first layers that have a dense block in a model with experts. @default 0 */
  readonly denseLayers?: number;
  /** One layer in this many has experts; the others are dense. @default 1 */
  readonly expertEvery?: number;
  /** Width of the dense blocks in a model with experts. @default ffn */
  readonly denseFfn?: number;
  /** @default "none" */
  readonly attentionBias?: "none" | "qkv" | "all";
  /** @default false */
  readonly mlpBias?: boolean;
  /** A layer norm has a bias beside its gain. @default "rms" */
  readonly norm?: "rms" | "layer" | "gainless";
  /** @default 2 */
  readonly normsPerLayer?: number;
  /** Norms on queries and keys: one gain per head dimension, or over all heads. @default "none" */
  readonly qkNorm?: "none" | "head" | "full";
  /** Rows of a learned position table. @default 0 */
  readonly positions?: number;
  /** A norm right after the embedding (BLOOM). @default false */
  readonly embeddingNorm?: boolean;
  /** One bias per expert in the router. @default false */
  readonly routerBias?: boolean;
  /** One learned sink per head (gpt-oss). @default false */
  readonly attentionSinks?: boolean;
  /** The output matrix has a bias (GPT-J, phi-2). @default false */
  readonly headBias?: boolean;
  /** Multi-head latent attention (DeepSeek); replaces the plain projections. */
  readonly latentAttention?: LatentAttention;
}

export interface LatentAttention {
  /** Rank of the query compression; 0 where queries are not compressed. */
  readonly queryRank: number;
  readonly kvRank: number;
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly valueDim: number;
}

export interface ParameterCounts {
  readonly total: number;
  /** What one token passes through: all but the experts it does not visit. */
  readonly active: number;
  /** Matrices of one attention block, without biases and norms. */
  readonly attentionWeights: number;
  /** Routed experts of one layer with experts, all of them; 0 for a dense model. */
  readonly expertWeights: number;
  /** Matrices that one token meets in all layers, without embeddings, biases and norms. */
  readonly activeLayerWeights: number;
  /** The embedding that is looked up. */
  readonly inputEmbedding: number;
  /** The matrix that gives the logits; counted once when tied. */
  readonly outputEmbedding: number;
}

/** How many layers have experts. */
export function expertLayers(shape: Architecture): number {
  if (!shape.experts) return 0;
  return Math.floor((shape.layers - (shape.denseLayers ?? 0)) / (shape.expertEvery ?? 1));
}

/** Shapes never change, and a planner asks for the same one many thousand times. */
const counted = new WeakMap<Architecture, ParameterCounts>();

/** Exact counts; agrees with what frameworks print for the published models. */
export function countParameters(shape: Architecture): ParameterCounts {
  const known = counted.get(shape);
  if (known) return known;
  const counts = freshCounts(shape);
  counted.set(shape, counts);
  return counts;
}

function freshCounts(shape: Architecture): ParameterCounts {
  const { layers, hidden, vocab } = shape;
  const routedLayers = expertLayers(shape);
  const plainLayers = layers - routedLayers;
  const matrices = shape.gatedMlp ? 3 : 2;
  const mlp = (width: number) =>
    matrices * hidden * width + (shape.mlpBias ? (matrices - 1) * width + hidden : 0);

  const attentionWeights = attentionMatrices(shape);
  const denseMlp = mlp(routedLayers > 0 ? (shape.denseFfn ?? shape.ffn) : shape.ffn);
  const experts = shape.experts ?? 0;
  const perToken = shape.expertsPerToken ?? 0;
  const shared = shape.sharedFfn ? mlp(shape.sharedFfn) + (shape.sharedGate ? hidden : 0) : 0;
  const router = routedLayers > 0 ? hidden * experts + (shape.routerBias ? experts : 0) : 0;

  const common =
    layers * (attentionWeights + attentionExtras(shape)) +
    layers * (shape.normsPerLayer ?? 2) * normSize(shape) +
    normSize(shape) * (shape.embeddingNorm ? 2 : 1) +
    plainLayers * denseMlp +
    routedLayers * (shared + router) +
    (shape.positions ?? 0) * hidden +
    (shape.headBias ? vocab : 0) +
    (shape.tiedEmbeddings ? 1 : 2) * vocab * hidden;

  return {
    total: common + routedLayers * experts * mlp(shape.ffn),
    active: common + routedLayers * perToken * mlp(shape.ffn),
    attentionWeights,
    expertWeights: routedLayers > 0 ? experts * matrices * hidden * shape.ffn : 0,
    activeLayerWeights: layers * attentionWeights + activeMlpWeights(shape),
    inputEmbedding: vocab * hidden,
    outputEmbedding: vocab * hidden,
  };
}

/** Feed-forward and router matrices that one token meets, over all layers. */
function activeMlpWeights(shape: Architecture): number {
  const routedLayers = expertLayers(shape);
  const matrices = shape.gatedMlp ? 3 : 2;
  const routed =
    matrices * ((shape.expertsPerToken ?? 0) * shape.ffn + (shape.sharedFfn ?? 0)) +
    (shape.experts ?? 0);
  const dense = matrices * (routedLayers > 0 ? (shape.denseFfn ?? shape.ffn) : shape.ffn);
  return shape.hidden * (routedLayers * routed + (shape.layers - routedLayers) * dense);
}

function attentionMatrices({ hidden, heads, kvHeads, headDim, latentAttention }: Architecture) {
  if (!latentAttention) return 2 * hidden * headDim * (heads + kvHeads);
  const { queryRank, kvRank, nopeDim, ropeDim, valueDim } = latentAttention;
  const queryOut = heads * (nopeDim + ropeDim);
  const query = queryRank > 0 ? queryRank * (hidden + queryOut) : hidden * queryOut;
  const keysAndValues = hidden * (kvRank + ropeDim) + kvRank * heads * (nopeDim + valueDim);
  return query + keysAndValues + heads * valueDim * hidden;
}

/** Biases, query and key norms, sinks of one attention block. */
function attentionExtras(shape: Architecture): number {
  const { hidden, heads, kvHeads, headDim } = shape;
  const bias = shape.attentionBias ?? "none";
  const qkNorm = shape.qkNorm ?? "none";
  const latent = shape.latentAttention;
  return (
    (bias === "none" ? 0 : (heads + 2 * kvHeads) * headDim + (bias === "all" ? hidden : 0)) +
    (qkNorm === "head" ? 2 * headDim : 0) +
    (qkNorm === "full" ? (heads + kvHeads) * headDim : 0) +
    (latent ? latent.queryRank + latent.kvRank : 0) +
    (shape.attentionSinks ? heads : 0)
  );
}

function normSize(shape: Architecture): number {
  const vectors = { rms: 1, layer: 2, gainless: 0 }[shape.norm ?? "rms"];
  return vectors * shape.hidden;
}

/** Sum of the query-key and the value width over all heads: what the attention core works on. */
export function attentionWidth(shape: Architecture): number {
  const latent = shape.latentAttention;
  if (!latent) return 2 * shape.heads * shape.headDim;
  return shape.heads * (latent.nopeDim + latent.ropeDim + latent.valueDim);
}
