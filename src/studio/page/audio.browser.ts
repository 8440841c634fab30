/**
 * The one audio graph of the page: what plays goes into `input`, through a limiter that only acts
 * beyond full scale, to the loudspeaker. A browser lets it begin with the first touch.
 */

export interface AudioOutput {
  readonly context: AudioContext;
  /** Whatever sounds is connected here. */
  readonly input: AudioNode;
  /** Of what is heard now. */
  readonly analyser: AnalyserNode;
}

let output: AudioOutput | undefined;

/** Call it while a person touches something: a browser may refuse to sound otherwise. */
export async function audioOutput(): Promise<AudioOutput> {
  output ??= openOutput();
  // Also after the machine slept, or the headphones were pulled out.
  if (output.context.state !== "running") await output.context.resume();
  return output;
}

/** The same, where something has sounded already. */
export function openedOutput(): AudioOutput | undefined {
  return output;
}

function openOutput(): AudioOutput {
  const context = new AudioContext({ latencyHint: "interactive" });
  const input = new GainNode(context);
  const limiter = new DynamicsCompressorNode(context, {
    threshold: -1,
    knee: 0,
    ratio: 20,
    attack: 0.001,
    release: 0.05,
  });
  const analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0.6 });
  input.connect(limiter).connect(analyser).connect(context.destination);
  return { context, input, analyser };
}
