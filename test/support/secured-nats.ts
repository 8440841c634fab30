/** A NATS server that wants TLS and credentials: its configuration, and what a client needs. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { nkeys } from "@nats-io/transport-node";

type KeyPair = ReturnType<typeof nkeys.createUser>;

export interface NatsSecrets {
  /** Configuration of the server, to be given with `-c`. */
  readonly config: string;
  /** Certificate that signed the server's. */
  readonly ca: string;
  /** Credentials of a user of the server's account. */
  readonly creds: string;
  /** Credentials of a user of an account that the server does not know. */
  readonly foreignCreds: string;
}

/** Makes them in a folder, by `openssl`. Certificates are valid for a day. */
export async function makeNatsSecrets(folder: string): Promise<NatsSecrets> {
  const at = (name: string): string => join(folder, name);
  await certificate(at("ca.pem"), at("ca.key"), ["-subj", "/CN=a test"]);
  await certificate(at("server.pem"), at("server.key"), [
    ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-CA", at("ca.pem"), "-CAkey", at("ca.key")],
  ]);
  const operator = nkeys.createOperator();
  // JetStream needs an account of the server's own; it keeps nothing there.
  const [account, system] = [nkeys.createAccount(), nkeys.createAccount()];
  const claims = { subs: -1, conn: -1, data: -1, payload: -1 };
  const kept = { ...claims, mem_storage: -1, disk_storage: -1 };
  const known = token(operator, account.getPublicKey(), { type: "account", limits: kept });
  const own = token(operator, system.getPublicKey(), { type: "account", limits: claims });
  const config = [
    `tls { cert_file: ${quoted(at("server.pem"))}, key_file: ${quoted(at("server.key"))} }`,
    `operator: ${token(operator, operator.getPublicKey(), { type: "operator" })}`,
    "resolver: MEMORY",
    `resolver_preload: { ${account.getPublicKey()}: ${known}, ${system.getPublicKey()}: ${own} }`,
    `system_account: ${system.getPublicKey()}`,
  ];
  await writeFile(at("server.conf"), `${config.join("\n")}\n`);
  await writeFile(at("own.creds"), credentials(account));
  await writeFile(at("foreign.creds"), credentials(nkeys.createAccount()));
  return {
    config: at("server.conf"),
    ca: at("ca.pem"),
    creds: at("own.creds"),
    foreignCreds: at("foreign.creds"),
  };
}

function certificate(pem: string, key: string, words: readonly string[]): Promise<unknown> {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", key, "-out", pem, "-days", "1"];
  return promisify(execFile)("openssl", ["req", "-x509", ...curve, ...files, ...words]);
}

/** As the server's own tools write it: a token, and the seed that it belongs to. */
function credentials(account: KeyPair): string {
  const user = nkeys.createUser();
  const claims = { type: "user", subs: -1, data: -1, payload: -1, pub: {}, sub: {} };
  return [
    "-----BEGIN NATS USER JWT-----",
    token(account, user.getPublicKey(), claims),
    "------END NATS USER JWT------",
    "-----BEGIN USER NKEY SEED-----",
    new TextDecoder().decode(user.getSeed()),
    "------END USER NKEY SEED------\n",
  ].join("\n");
}

/** A JSON Web Token of version 2 of NATS' claims, signed by `issuer`. */
function token(issuer: KeyPair, subject: string, nats: Readonly<Record<string, unknown>>): string {
  const claims = {
    iat: 1_700_000_000,
    iss: issuer.getPublicKey(),
    name: "test",
    sub: subject,
    nats: { ...nats, version: 2 },
  };
  const jti = createHash("sha256").update(JSON.stringify(claims)).digest("hex");
  const parts = [
    { typ: "JWT", alg: "ed25519-nkey" },
    { ...claims, jti },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = Buffer.from(issuer.sign(Buffer.from(parts.join(".")))).toString("base64url");
  return [...parts, signature].join(".");
}

function quoted(path: string): string {
  return JSON.stringify(path);
}
