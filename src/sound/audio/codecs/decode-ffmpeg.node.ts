/**
 * Decodes with the installed FFmpeg where étude has no decoder of its own: AAC and ALAC from
 * phones, WMA, GSM and many more.
 *
 * FFmpeg runs as a separate process: it can crash, hang or run out of memory without harm, and may
 * read only this one file, whatever the file refers to.
 */

import { spawn } from "node:child_process";
import { messageOf } from "../../../errors.ts";
import { decodeBytes } from "./decode.ts";
import type { FilePath } from "./decode-jobs.ts";
import { type DecodeFailure, type DecodeOutcome, decodeFailure } from "./decode-outcome.ts";

export interface FfmpegJob {
  readonly path: FilePath;
  /** Size of the file: the larger it is, the longer it may take. */
  readonly fileBytes: number;
  /** Why étude itself did not read it. */
  readonly refusal: DecodeFailure;
}

export interface FfmpegTools {
  /** Program to start, found on the PATH. @default "ffmpeg" */
  readonly command?: string;
  /** @default half a minute, and 5 s more for each MiB of the file */
  readonly timeoutMs?: number;
}

/** Sound is larger than the file that it came from, and all of it is held at once. */
const OUTPUT_BYTES_MAX = 2 ** 30;

/** Decodes a file. Where FFmpeg refuses it too, or cannot run, the first reason stands. */
export async function decodeWithFfmpeg(
  { path, fileBytes, refusal }: FfmpegJob,
  tools: FfmpegTools = {},
): Promise<DecodeOutcome> {
  const { command = "ffmpeg" } = tools;
  const timeoutMs = tools.timeoutMs ?? Math.round(30_000 + (5000 * fileBytes) / 2 ** 20);
  const name = typeof path === "string" ? path : utf8Of(path);
  if (name === undefined) {
    return because(refusal, "ffmpeg can read it if its name is plain text");
  }
  const result = await runToEnd(command, { path: name, timeoutMs });
  switch (result.kind) {
    case "missing":
      return because(refusal, "install ffmpeg on the PATH to read it, or convert it to WAV");
    case "timeout":
      return decodeFailure("decoder-timeout", "ffmpeg took too long to decode it", refusal.format);
    case "too-large": {
      const message = `it holds more than ${OUTPUT_BYTES_MAX / 2 ** 20} MiB of samples`;
      return decodeFailure("too-large", message, refusal.format);
    }
    case "ended":
      return outcomeOf(result, refusal);
  }
}

function because(refusal: DecodeFailure, advice: string): DecodeFailure {
  return { ...refusal, message: `${refusal.message}; ${advice}` };
}

/** Undefined for a name that is not UTF-8, which no program argument can hold. */
function utf8Of(path: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(path);
  } catch {
    return undefined;
  }
}

async function outcomeOf(ended: Ended, refusal: DecodeFailure): Promise<DecodeOutcome> {
  // "[mov @ 0x55d0c5c0] moov atom not found": the part and where it lay in memory say nothing.
  const complaint = ended.complaints
    .split("\n")[0]!
    .replace(/^\[[^\]]*\]/, "")
    .trim();
  const outcome = ended.exitCode === 0 ? await decodeBytes(ended.wav) : undefined;
  if (!outcome?.ok) {
    return because(refusal, `ffmpeg did not read it either${complaint && ` (${complaint})`}`);
  }
  const warnings = [
    ...outcome.warnings,
    { code: "by-ffmpeg", message: "decoded with ffmpeg" } as const,
  ];
  if (complaint !== "") {
    warnings.push({ code: "damaged", message: `ffmpeg found it damaged: ${complaint}` });
  }
  return { ...outcome, format: refusal.format ?? "foreign", warnings };
}

interface Ended {
  readonly kind: "ended";
  readonly exitCode: number | null;
  readonly wav: Uint8Array;
  /** What it wrote about errors; empty if there were none. */
  readonly complaints: string;
}

type FfmpegResult = Ended | { readonly kind: "missing" | "timeout" | "too-large" };

/**
 * Runs the program, without a shell. Should this thread end first, the pipe ends with it, and
 * FFmpeg stops at its next write; its own limit of processor time ends it if it never writes.
 */
function runToEnd(
  command: string,
  { path, timeoutMs }: { readonly path: string; readonly timeoutMs: number },
): Promise<FfmpegResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ffmpegArguments(path, timeoutMs), {
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let outputBytes = 0;
    let complaints = "";
    let stopped: "timeout" | "too-large" | undefined;
    const stop = (why: "timeout" | "too-large"): void => {
      stopped ??= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop("timeout"), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > OUTPUT_BYTES_MAX) stop("too-large");
      else chunks.push(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (complaints.length < COMPLAINTS_LENGTH_MAX) complaints += text;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      // It cannot be started, whatever the reason.
      if (error.syscall?.startsWith("spawn")) resolve({ kind: "missing" });
      else reject(new Error(`Cannot run ffmpeg: ${messageOf(error)}`));
    });
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      if (stopped !== undefined) resolve({ kind: stopped });
      else resolve({ kind: "ended", exitCode, wav: Buffer.concat(chunks), complaints });
    });
  });
}

const COMPLAINTS_LENGTH_MAX = 4096;

function ffmpegArguments(path: string, timeoutMs: number): string[] {
  return [
    ...["-nostdin", "-hide_banner", "-loglevel", "error"],
    ...["-timelimit", String(Math.ceil(timeoutMs / 1000))],
    // A disguised playlist can reach neither the network nor neighbouring files.
    ...["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS.join(",")],
    ...["-threads", "1", "-i", `file:${path}`],
    ...["-map", "0:a:0", "-c:a", "pcm_f32le", "-bitexact", "-f", "wav", "pipe:1"],
  ];
}

/** Containers of sound, as FFmpeg names them; none of them refers to other files. */
const FORMATS = [
  ...["mov", "mp4", "m4a", "3gp", "3g2", "mj2", "aac", "matroska", "webm", "asf", "wav", "w64"],
  ...["aiff", "caf", "au", "ogg", "mp3", "wv", "ape", "mpc", "mpc8", "dsf", "iff", "amr", "flac"],
  ...["tta", "tak", "ac3", "eac3", "dts", "gsm"],
];
