/** A waveform as a small picture. */

import { narrowed, peakOf, type Waveform } from "../audio/waveform.ts";

export interface WaveformPicture {
  /** Of the root, as they are written into it. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What a pointer over it, or a screen reader, says. */
  readonly title: string;
}

const WIDTH = 400;
const HEIGHT = 80;
/** What every column has at least, so that silence is a line. */
const LINE = 1;

/** An SVG of 400 by 80, scaled to the sound's own peak; its root element is its first line. */
export function waveformSvg(waveform: Waveform, { attributes, title }: WaveformPicture): string {
  const { lows, highs } = narrowed(waveform, WIDTH);
  const step = WIDTH / Math.max(1, lows.length);
  const scale = HEIGHT / 2 / (peakOf(waveform) || 1);
  const yOf = (value: number): number => HEIGHT / 2 - value * scale;
  let path = "";
  for (const [i, low] of lows.entries()) {
    // Down or up to where the column before ended: a slow wave has no gaps.
    const bottom = yOf(Math.min(low, i === 0 ? low : (highs[i - 1] ?? low)));
    const high = highs[i] ?? 0;
    const top = yOf(Math.max(high, i === 0 ? high : (lows[i - 1] ?? high)));
    const missing = Math.max(0, LINE - (bottom - top)) / 2;
    path += `M${short((i + 0.5) * step)} ${short(top - missing)}V${short(bottom + missing)}`;
  }
  return `${waveformSvgRoot(attributes)}
<title>${xml(title)}</title>
<path d="${path}" stroke="#2a8c99" stroke-width="${short(step)}" fill="none"/>
</svg>
`;
}

/** The first line of such a picture. */
export function waveformSvgRoot(attributes: WaveformPicture["attributes"]): string {
  const extra = Object.entries(attributes).map(([name, value]) => ` ${name}="${xml(value)}"`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"${extra.join("")}>`;
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** As text of XML, which has no control characters, escaped or not. */
function xml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;");
}
