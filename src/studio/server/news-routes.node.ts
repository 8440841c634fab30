/** Facts of the studio, and the channels that a page listens to. */

import { UserError } from "../../errors.ts";
import type { StudioFacts } from "../contract.ts";
import { sweepRunOf } from "../sweep-run-id.ts";
import { answerJson } from "./answers.node.ts";
import type { Channel } from "./channel.ts";
import type { CorpusDesk } from "./corpus-desk.node.ts";
import { UPLOAD_BYTES_MAX } from "./corpus-routes.node.ts";
import type { InstrumentDesk } from "./instrument-desk.node.ts";
import { streamNews } from "./news-stream.node.ts";
import type { Route } from "./router.node.ts";
import type { RunDesk } from "./run-desk.node.ts";
import type { ShelvesDesk } from "./shelves.node.ts";
import type { SweepDesk } from "./sweep-desk.node.ts";
import type { StudioTools } from "./tools.ts";

export interface NewsParts {
  readonly shelves: ShelvesDesk;
  readonly runs: RunDesk;
  readonly sweeps: SweepDesk;
  readonly corpora: CorpusDesk;
  readonly instruments: InstrumentDesk;
  readonly program: string;
}

export function newsRoutes(tools: StudioTools, parts: NewsParts): readonly Route[] {
  const { runs: runsFolder, datasets } = tools.settings.paths;
  const facts: StudioFacts = {
    program: parts.program,
    uploadBytesMax: UPLOAD_BYTES_MAX,
    folders: { runs: runsFolder, datasets },
  };
  return [
    { method: "GET", path: "studio", answer: ({ response }) => answerJson(response, facts) },
    {
      method: "GET",
      path: "news",
      answer: async ({ response, query, signal }) => {
        const channels = await Promise.all(
          query.getAll("of").map((name) => channelOf(name, parts)),
        );
        await streamNews(response, channels, { clock: tools.clock, signal });
      },
    },
  ];
}

async function channelOf(name: string, parts: NewsParts): Promise<Channel> {
  const { shelves, runs, sweeps, corpora, instruments } = parts;
  const [kind, ...rest] = name.split(":");
  const id = rest.join(":");
  if (kind === "shelves") return shelves.channel;
  if (kind === "instruments") return instruments.channel;
  if (kind === "sweeps") return sweeps.channel;
  if (kind === "run") return sweepRunOf(id) ? sweeps.runChannel(id) : runs.channel(id);
  if (kind === "corpus") return corpora.channel(id);
  throw new UserError({
    code: "no-such-channel",
    message: `Cannot send news of "${name}": there is no such channel`,
    hint: "Reload the page: it may be older than the program.",
  });
}
