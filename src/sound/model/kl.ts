/** The latent part of a variational autoencoder: sampling and KL divergence. */

import type { Node } from "../tensor/graph.ts";
import type { ModelScope, Posterior } from "./recipe.ts";

/** Log variances are kept within this, so that their exponential stays finite. */
const LOG_VARIANCE_LIMIT = 20;

export function limitedLogVariance({ graph }: ModelScope, logVariance: Node): Node {
  const limit = graph.scalar(LOG_VARIANCE_LIMIT);
  return graph.max(graph.min(logVariance, limit), graph.scalar(-LOG_VARIANCE_LIMIT));
}

/** mean + deviation * noise. */
export function sampled({ graph }: ModelScope, posterior: Posterior, noise: Node): Node {
  const deviation = graph.exp(graph.scale(posterior.logVariance, 0.5));
  return graph.add(posterior.mean, graph.mul(deviation, noise));
}

/**
 * KL divergence from the unit normal, element by element, in nats, shape [examples, latentSize].
 *
 * -1/2 (1 + log s² - m² - s²)
 */
export function klElements({ graph }: ModelScope, { mean, logVariance }: Posterior): Node {
  const inner = graph.sub(
    graph.sub(graph.add(logVariance, graph.scalar(1)), graph.square(mean)),
    graph.exp(logVariance),
  );
  return graph.scale(inner, -0.5);
}

/** Mean over examples, shape [latentSize]. */
export function klPerDimension({ graph }: ModelScope, elements: Node): Node {
  return graph.reshape(graph.reduceMean(elements, [0]), [elements.shape[1]!]);
}
