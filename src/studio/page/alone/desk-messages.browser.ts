/** Messages between the page and the worker that answers it in the browser alone. */

import type { ChannelName } from "../../contract.ts";
import type { Told } from "../backend.browser.ts";

export type DeskOrder =
  | { readonly kind: "begin"; readonly program: string }
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly method: string;
      /** With its query. */
      readonly path: string;
      readonly body: ArrayBuffer;
    }
  | { readonly kind: "give-up"; readonly id: number }
  | { readonly kind: "listen"; readonly id: number; readonly channels: readonly ChannelName[] }
  | { readonly kind: "unlisten"; readonly id: number };

export type DeskReport =
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly status: number;
      readonly type: string;
      readonly fileName: string | undefined;
      readonly body: ArrayBuffer;
    }
  | { readonly kind: "told"; readonly id: number; readonly told: Told };
