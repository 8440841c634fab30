/**
 * Converts lines of protocol 1 to current events. The fields of a line determine its protocol: the
 * log of a resumed run may hold lines of both.
 *
 * There every step and epoch had the losses of a variational autoencoder, `total`, `reconstruction`
 * and `kl` with `klWeight`, and language models filled them in with zeros.
 */

import * as v from "valibot";
import { checked } from "../checked.ts";
import { PROTOCOL_VERSION } from "./events.ts";

type Fields = Readonly<Record<string, unknown>>;

/** JSON represents numbers that are not finite as null. */
const number = v.nullable(v.number());
const losses = v.looseObject({ total: number, reconstruction: number, kl: number });
const part = v.optional(v.looseObject({}));

const step = v.looseObject({
  klWeight: number,
  losses: v.optional(losses),
  text: part,
  policy: part,
});

const epoch = v.looseObject({
  klWeight: number,
  klDivergence: number,
  activeUnits: number,
  latentDimensions: number,
  stepLosses: losses,
  trainLosses: losses,
  validationLosses: losses,
});

type OldLosses = v.InferOutput<typeof losses>;

/**
 * @param line A line of either protocol, whose fields may be damaged.
 * @returns The same in the present protocol; a line that is of it already comes back as it is.
 * @throws TypeError if it is of protocol 1 and its fields are damaged.
 */
export function fromProtocol1(line: Fields): Fields {
  switch (line["type"]) {
    case "run-started":
      return line["protocol"] === 1 ? { ...line, protocol: PROTOCOL_VERSION } : line;
    case "start-measured":
      return "trainReconstruction" in line ? startFrom(line) : line;
    case "step-done":
      return "klWeight" in line ? stepFrom(line) : line;
    case "epoch-done":
      return "klWeight" in line ? epochFrom(line) : line;
    default:
      return line;
  }
}

function startFrom({ trainReconstruction, validationReconstruction, ...rest }: Fields): Fields {
  return {
    ...rest,
    trainTaskLoss: trainReconstruction,
    validationTaskLoss: validationReconstruction,
  };
}

function stepFrom(line: Fields): Fields {
  const { klWeight, losses: old, policy, ...rest } = sound(step, line);
  if (old === undefined) return rest;
  const { total, reconstruction, kl } = old;
  if (policy !== undefined) {
    const learned = { ...policy, policyLoss: reconstruction, kl, klWeight };
    return { ...rest, loss: total, policy: learned };
  }
  if (rest.text !== undefined) return { ...rest, loss: total };
  return { ...rest, loss: total, vae: { reconstruction, kl, klWeight } };
}

function epochFrom(line: Fields): Fields {
  const { klWeight, klDivergence, activeUnits, latentDimensions, ...rest } = sound(epoch, line);
  const side = ({ total, reconstruction, kl }: OldLosses) => ({
    loss: total,
    vae: { reconstruction, kl, klWeight },
  });
  return {
    ...rest,
    stepLosses: side(rest.stepLosses),
    trainLosses: side(rest.trainLosses),
    validationLosses: side(rest.validationLosses),
    latents: { klDivergence, activeUnits, dimensions: latentDimensions },
  };
}

function sound<T>(shape: v.GenericSchema<unknown, T>, line: Fields): T {
  const { value, problem } = checked(shape, line);
  if (problem !== undefined) throw new TypeError(problem);
  return value;
}
