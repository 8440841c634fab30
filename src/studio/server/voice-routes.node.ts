/** Models that are played: what they are, and the sounds that they make. */

import { readSoundRequest } from "../../sound/work/sound-request.ts";
import { answerBytes, answerJson } from "./answers.node.ts";
import { readBytes, readJson } from "./body.node.ts";
import type { Call, Route } from "./router.node.ts";
import type { VoiceDesk } from "./voice-desk.node.ts";

/** An hour of 24 bits. */
const PLAYED_BYTES_MAX = 600_000_000;

/** Half a minute of any rate, depth and number of channels that is usual. */
const START_BYTES_MAX = 100_000_000;

interface Parts {
  readonly voices: VoiceDesk;
  /** A sound came into the history. */
  onKept(): void;
}

export function voiceRoutes({ voices, onKept }: Parts): readonly Route[] {
  async function view({ response, at }: Call): Promise<void> {
    answerJson(response, await voices.view(at("voice")));
  }

  async function analyze({ response, at, signal }: Call): Promise<void> {
    answerJson(response, await voices.analyze(at("voice"), { signal }));
  }

  /** Its file is the body. */
  async function hear({ request, response, at, query }: Call): Promise<void> {
    const bytes = await readBytes(request, START_BYTES_MAX);
    answerJson(response, await voices.hear(at("voice"), { bytes, name: query.get("name") ?? "" }));
  }

  /** A client that disconnects cancels the sound. */
  async function draft({ request, response, at, signal }: Call): Promise<void> {
    const wish = readSoundRequest(await readJson(request), "the wish of the page");
    const bytes = await voices.draft(at("voice"), wish, { signal });
    answerBytes(response, { bytes, type: "audio/wav" });
  }

  async function keep({ request, response, at, signal }: Call): Promise<void> {
    const wish = readSoundRequest(await readJson(request), "the wish of the page");
    const kept = await voices.keep(at("voice"), wish, { signal });
    onKept();
    answerJson(response, kept);
  }

  /** Its sound is the body; what it is called and where the controls stood, the query. */
  async function keepPlayed({ request, response, at, query }: Call): Promise<void> {
    const bytes = await readBytes(request, PLAYED_BYTES_MAX);
    const wish = readSoundRequest(parsed(query.get("request")), "the wish of the page");
    const title = query.get("title") ?? "";
    const kept = await voices.keepPlayed(at("voice"), { bytes, title, request: wish });
    onKept();
    answerJson(response, kept);
  }

  async function file({ response, at, signal }: Call): Promise<void> {
    const bytes = await voices.file(at("voice"), { signal });
    answerBytes(response, { bytes, type: "application/octet-stream" });
  }

  return [
    { method: "GET", path: "voices/:voice", answer: view },
    { method: "POST", path: "voices/:voice/analyze", answer: analyze },
    { method: "GET", path: "voices/:voice/model.etude", answer: file },
    { method: "POST", path: "voices/:voice/start", answer: hear },
    { method: "POST", path: "voices/:voice/draft", answer: draft },
    { method: "POST", path: "voices/:voice/keep", answer: keep },
    { method: "POST", path: "voices/:voice/played", answer: keepPlayed },
  ];
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
