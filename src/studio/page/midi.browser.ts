/** A MIDI keyboard or controller, where the browser offers one. */

import { type Signal, signal } from "@preact/signals";

export interface MidiPlayer {
  press(key: number, velocity: number): void;
  release(key: number): void;
  sustain(isDown: boolean): void;
  bend(semitones: number): void;
  /** A knob or fader moved. @param share 0 to 1. */
  turn(knob: number, share: number): void;
}

/** Names of what is connected; undefined where the browser has no MIDI. */
export const midiInputs: Signal<readonly string[] | undefined> = signal(
  "requestMIDIAccess" in navigator ? [] : undefined,
);

const BEND_SEMITONES = 2;
const SUSTAIN = 64;

/** Asks for the instruments and hands on what they play. @returns What stops it. */
export async function listenToMidi(player: MidiPlayer): Promise<() => void> {
  const access = await navigator.requestMIDIAccess();
  const hear = ({ data }: MIDIMessageEvent): void => {
    if (data) handOn(data, player);
  };
  const connect = (): void => {
    const inputs = [...access.inputs.values()];
    midiInputs.value = inputs.map(({ name }) => name ?? "MIDI");
    for (const input of inputs) input.onmidimessage = hear;
  };
  access.addEventListener("statechange", connect);
  connect();
  return () => {
    access.removeEventListener("statechange", connect);
    for (const input of access.inputs.values()) input.onmidimessage = null;
  };
}

function handOn(data: Uint8Array, player: MidiPlayer): void {
  const [status = 0, first = 0, second = 0] = data;
  switch (status & 0xf0) {
    case 0x90:
      if (second > 0) player.press(first, second / 127);
      else player.release(first);
      break;
    case 0x80:
      player.release(first);
      break;
    case 0xb0:
      if (first === SUSTAIN) player.sustain(second >= 64);
      else player.turn(first, second / 127);
      break;
    case 0xe0:
      player.bend((BEND_SEMITONES * (first + 128 * second - 8192)) / 8192);
      break;
  }
}
