/** Sounds: recordings are added, viewed, played and removed here. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DatasetCard } from "../../contract.ts";
import { backend } from "../backend.browser.ts";
import { type BroughtFile, filesDropped, filesPicked, folderName } from "../dropped.browser.ts";
import { useChannel } from "../news.browser.ts";
import { Empty } from "../parts/empty.browser.tsx";
import { Icon } from "../parts/icons.browser.tsx";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { hashOf } from "../place.ts";
import { send } from "../server.browser.ts";
import { bring, stopBringing, upload } from "../uploads.browser.ts";
import { CorpusSheet } from "./corpus-sheet.browser.tsx";

const FIRST_NAME = "sounds";

const adding = attempts();

export function SoundsPlace({ of }: { readonly of: string | undefined }): JSX.Element {
  const shelves = useChannel("shelves");
  const isOver = useSignal(false);
  const datasets = shelves?.datasets ?? [];
  const chosen = datasets.find(({ name }) => name === of) ?? datasets[0];
  const receive = (files: readonly BroughtFile[]): void => {
    const name = of ?? chosen?.name ?? plainName(folderName(files) ?? FIRST_NAME);
    const from = location.hash;
    void adding.attempt(async () => {
      await bring(name, files);
      // Whoever has gone elsewhere meanwhile is left there.
      if (location.hash === from) location.hash = hashOf({ name: "sounds", of: name });
    });
  };
  return (
    <section
      class={`bring ${isOver.value ? "over" : ""}`}
      aria-label="Sounds"
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget)))
          isOver.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        if (event.dataTransfer) void filesDropped(event.dataTransfer).then(receive);
      }}
    >
      <header>
        <h1>Sounds</h1>
        <CorpusTabs datasets={datasets} chosen={of ?? chosen?.name} />
      </header>
      <TroubleBox
        trouble={adding.trouble.value}
        onClose={() => {
          adding.trouble.value = undefined;
        }}
      />
      {shelves?.troubles.map((trouble) => (
        <TroubleBox key={trouble.message} trouble={trouble} />
      ))}
      <UploadLine />
      {shelves !== undefined && chosen === undefined && of === undefined ? (
        <Empty title="Bring your own sounds">
          <p>
            Five to five hundred recordings: single hits, notes, loops, takes, whatever you would
            like to hear more of. Drop them anywhere on this page, whole folders too.
          </p>
          <Pickers receive={receive} corpus={FIRST_NAME} />
          <p class="small">WAV, AIFF, FLAC, MP3, Ogg, Opus, CAF. They stay on this machine.</p>
        </Empty>
      ) : (
        <>
          <Pickers receive={receive} corpus={of ?? chosen?.name ?? FIRST_NAME} />
          {chosen && <CorpusSheet key={chosen.name} dataset={chosen} />}
        </>
      )}
    </section>
  );
}

function CorpusTabs({
  datasets,
  chosen,
}: {
  readonly datasets: readonly DatasetCard[];
  readonly chosen: string | undefined;
}): JSX.Element {
  const isNaming = useSignal(false);
  const isKnown = datasets.some(({ name }) => name === chosen);
  return (
    <nav class="tabs" aria-label="Corpora">
      {datasets.map(({ name }) => (
        <a
          key={name}
          class="button"
          href={hashOf({ name: "sounds", of: name })}
          aria-current={name === chosen ? "page" : undefined}
        >
          {name}
        </a>
      ))}
      {chosen !== undefined && !isKnown && (
        <a class="button" href={location.hash} aria-current="page">
          {chosen}
        </a>
      )}
      {isNaming.value ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const name = plainName(String(new FormData(event.currentTarget).get("name")));
            isNaming.value = false;
            if (name !== "") location.hash = hashOf({ name: "sounds", of: name });
          }}
        >
          <input
            class="plain"
            name="name"
            aria-label="Name of the new corpus"
            placeholder="name it"
            autocomplete="off"
            ref={(input) => input?.focus()}
            onBlur={() => {
              isNaming.value = false;
            }}
          />
        </form>
      ) : (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            isNaming.value = true;
          }}
        >
          <Icon name="plus" /> New corpus
        </button>
      )}
    </nav>
  );
}

function Pickers({
  receive,
  corpus,
}: {
  readonly receive: (files: readonly BroughtFile[]) => void;
  readonly corpus: string;
}): JSX.Element {
  const picked = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    receive(filesPicked(currentTarget.files));
    currentTarget.value = "";
  };
  return (
    <div class="pickers">
      <label class="button hot">
        <input class="unseen" type="file" multiple onChange={picked} />
        <Icon name="plus" /> Add files
      </label>
      <label class="button">
        <input
          class="unseen"
          type="file"
          onChange={picked}
          ref={(input) => {
            if (input) input.webkitdirectory = true;
          }}
        />
        Add a folder
      </label>
      {!backend().isAlone && <FolderByPath corpus={corpus} />}
    </div>
  );
}

/** A folder of this machine that is read where it lies. */
function FolderByPath({ corpus }: { readonly corpus: string }): JSX.Element {
  const path = useSignal("");
  return (
    <form
      class="by-path"
      onSubmit={(event) => {
        event.preventDefault();
        void adding
          .attempt(() =>
            send("POST", `corpora/${encodeURIComponent(corpus)}/folder`, { path: path.value }),
          )
          .then((isDone) => {
            if (!isDone) return;
            say(`${path.value} is now part of “${corpus}”`);
            path.value = "";
            location.hash = hashOf({ name: "sounds", of: corpus });
          });
      }}
    >
      <input
        class="plain"
        aria-label="Folder on this machine, read where it lies"
        placeholder="or the path of a folder, read where it lies"
        value={path.value}
        onInput={({ currentTarget }) => {
          path.value = currentTarget.value;
        }}
      />
      <button type="submit" class="button" disabled={path.value === ""}>
        Use it
      </button>
    </form>
  );
}

function UploadLine(): JSX.Element | null {
  const now = upload.value;
  if (now === undefined) return null;
  const isGoingOn = now.done < now.total;
  return (
    <div class="upload" role="status">
      {isGoingOn && (
        <>
          <p>
            Bringing in {now.done} of {now.total}
          </p>
          <div class="bar">
            <i style={{ width: `${(100 * now.done) / now.total}%` }} />
          </div>
          <button type="button" class="button" onClick={stopBringing}>
            Stop
          </button>
        </>
      )}
      {now.refused.slice(0, 5).map(({ path, trouble }) => (
        <TroubleBox
          key={path}
          trouble={{ ...trouble, message: `${path}: ${trouble.message}` }}
          onClose={() => {
            upload.value = undefined;
          }}
        />
      ))}
      {now.refused.length > 5 && <p>and {now.refused.length - 5} more</p>}
    </div>
  );
}

/** As a corpus may be called: letters, digits, ".", "_" and "-". */
function plainName(text: string): string {
  return text
    .trim()
    .replace(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .slice(0, 64);
}
