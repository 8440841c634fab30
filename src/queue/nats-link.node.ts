/**
 * The connection to a NATS server, with its credentials and TLS; it reconnects by itself.
 *
 * The packages of NATS are loaded with this file only, so that commands without a server start fast.
 */

import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import {
  AuthorizationError,
  connect,
  credsAuthenticator,
  type NatsConnection,
} from "@nats-io/transport-node";
import { messageOf, UserError } from "../errors.ts";
import type { Clock } from "../host.ts";

export interface NatsAddress {
  /** "nats://HOST:PORT", or "tls://HOST:PORT" */
  readonly url: string;
  /** File of credentials, as the server's own tools make it. @default none */
  readonly creds?: string;
  /** File of the authority that signed the server's certificate. @default that of the system */
  readonly tlsCa?: string;
}

export interface NatsLink {
  readonly connection: NatsConnection;
  readonly streams: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly values: Kvm;
  readonly files: Objm;
  /** How often the connection has come back. */
  readonly comebacks: number;
  /** Does something again and again while the server is away, until the signal aborts. */
  persist<T>(what: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface NatsLinkOptions extends NatsAddress {
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
  /** The name of the client, for the server's operator. */
  readonly name: string;
}

const CONNECT_MS = 5000;
/** A connection that is cut without a word is noticed within three of them. */
const PING_MS = 4000;
const RETRY_MS = 500;

/**
 * @throws UserError "nats-not-reached" if there is no server or its certificate is not trusted,
 *   "nats-not-admitted" if it refuses the credentials, "nats-without-jetstream".
 */
export async function openNatsLink(options: NatsLinkOptions): Promise<NatsLink> {
  const { url, creds, tlsCa, clock, signal, name } = options;
  const authenticator =
    creds === undefined ? undefined : credsAuthenticator(await fileOf(creds, "--creds"));
  const ca = tlsCa === undefined ? undefined : (await fileOf(tlsCa, "--tls-ca")).toString();
  const isTls = url.startsWith("tls://") || ca !== undefined;
  const server = url.replace(/^(?:nats|tls):\/\//, "");
  const connection = await connect({
    servers: server,
    name,
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    ...(authenticator && { authenticator }),
    ...(isTls && { tls: { ...(ca !== undefined && { ca }), ...certifiedAddress(server) } }),
  }).catch((cause: unknown) => {
    throw notReached(url, cause);
  });
  const manager = await jetstreamManager(connection).catch(async (cause: unknown) => {
    await connection.close();
    throw withoutJetStream(url, cause);
  });
  const streams = jetstream(connection);
  let comebacks = 0;
  const watch = async (): Promise<void> => {
    for await (const { type } of connection.status()) if (type === "reconnect") comebacks += 1;
  };
  void watch();
  return {
    connection,
    streams,
    manager,
    values: new Kvm(streams),
    files: new Objm(streams),
    get comebacks() {
      return comebacks;
    },
    async persist(what) {
      for (;;) {
        try {
          return await what();
        } catch (failure) {
          if (signal.aborted || !isOfLink(failure)) throw failure;
          await clock.sleep(RETRY_MS, signal).catch(() => undefined);
        }
      }
    },
    close: () => connection.close(),
  };
}

/**
 * The address that the server's certificate must hold, where the server is named by its address. The
 * library passes on names only, so Node would compare the certificate with "localhost"; it hands
 * these options to Node as they are.
 */
function certifiedAddress(server: string): { readonly host?: string } {
  const { hostname } = new URL(`nats://${server}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? {} : { host };
}

const LINK_ERRORS: ReadonlySet<string> = new Set([
  "TimeoutError",
  "NoRespondersError",
  "RequestError",
  "ConnectionError",
  "JetStreamNotEnabled",
]);

/** Whether something failed because the server was away, and not because of what was asked. */
function isOfLink(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false;
  // The server is there, and still reads what it had kept.
  return LINK_ERRORS.has(failure.name) || /unavailable|timeout/i.test(failure.message);
}

async function fileOf(path: string, flag: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new UserError({
      code: "credentials-not-read",
      message: `Cannot use ${flag} "${path}": ${messageOf(cause)}`,
      hint: "Give a file that is there and may be read.",
      exitCode: 2,
      cause,
    });
  });
}

function notReached(url: string, cause: unknown): UserError {
  if (cause instanceof AuthorizationError) return notAdmitted(url, cause);
  return new UserError({
    code: "nats-not-reached",
    message: `Cannot reach the NATS server at ${url}: ${messageOf(cause)}`,
    hint: "Start one with JetStream (apt-get install nats-server; nats-server -js -sd FOLDER), or check the address, --creds and --tls-ca.",
    cause,
  });
}

function notAdmitted(url: string, cause: AuthorizationError): UserError {
  return new UserError({
    code: "nats-not-admitted",
    message: `Cannot use the NATS server at ${url}: it needs credentials of a user that it knows`,
    hint: "Give the file of such a user with --creds FILE.",
    cause,
  });
}

function withoutJetStream(url: string, cause: unknown): UserError {
  return new UserError({
    code: "nats-without-jetstream",
    message: `Cannot use the NATS server at ${url}: found no JetStream, need it to keep jobs and files`,
    hint: "Start it with JetStream: nats-server -js -sd FOLDER.",
    cause,
  });
}
