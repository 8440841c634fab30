/**
 * Log lines of the launcher: torchrun, and the scheduler around it.
 *
 * Source: torch 2.12 (`distributed/run.py`, `elastic/agent/server/api.py`,
 * `elastic/multiprocessing/api.py`, `errors/__init__.py`), prefixed by torch's own logger as
 * "W1122 04:37:05.123000 12345 site-packages/torch/distributed/run.py:876]"; SLURM 24's srun and
 * slurmstepd.
 */

import { below } from "../../random.ts";
import { around, drawsOf } from "./draws.ts";
import { type Facts, linger, now, sizesOf } from "./facts.ts";
import { day, glogMillis, glogNanos, pythonFloat } from "./formats.ts";
import { addressOf, hostName, launcherPid, type Place, placeOfRank, workerPid } from "./hosts.ts";
import { frameLines, type Stack } from "./traceback.ts";

/** How a framework is launched. */
export interface Launch {
  /** The file that torchrun runs. */
  readonly script: string;
  /** As torchrun was told with `--role`. */
  readonly role: "default" | "rank";
  /** With `--tee 3`: all that workers write comes through the launcher. */
  readonly tee?: true;
}

/** What a worker writes; behind its role and rank where it comes through the launcher. */
export function passedOn({ role, tee }: Launch, rank: number, lines: readonly string[]): string[] {
  return lines.map((line) => (tee ? `[${role}${rank}]:${line}` : line));
}

const MAIN = "torch/distributed/run.py:876";
const LAUNCHER = "torch/distributed/launcher/api.py:249";
const AGENT = "torch/distributed/elastic/agent/server/api.py";
const PROCESSES = "torch/distributed/elastic/multiprocessing/api.py";
const PYTHON = "/opt/venv/bin/python3";
const STARS = "*".repeat(41);

/** The scheduler's number of the job. */
function jobId(facts: Facts): number {
  return 20_000 + below(drawsOf(facts, "job"), 900_000);
}

export const MAX_RESTARTS = 3;

/** As torch's logger does it, every line of a text has the prefix. */
function logged(facts: Facts, { level, host, from }: Source, texts: readonly string[]): string[] {
  const time = glogMillis(now(facts));
  const pid = launcherPid(facts, host);
  return texts.map((text) => `${level}${time} ${pid} site-packages/${from}] ${text}`);
}

interface Source {
  readonly level: "I" | "W" | "E";
  readonly host: string;
  readonly from: string;
}

/** The launcher of the first machine begins. */
export function launchLines(facts: Facts, { script, role }: Launch): string[] {
  const { host } = placeOfRank(facts, 0);
  linger(facts);
  const say = (line: number, text: string): string[] =>
    logged(facts, { level: "I", host, from: `${AGENT}:${line}` }, [`[${role}] ${text}`]);
  return [
    ...logged(facts, { level: "W", host, from: MAIN }, [
      "",
      STARS,
      "Setting OMP_NUM_THREADS environment variable for each process to be 1 in default, to avoid your system being overloaded, please further tune the variable for optimal performance in your application as needed. ",
      STARS,
    ]),
    ...logged(facts, { level: "I", host, from: LAUNCHER }, [
      "Starting elastic_operator with launch configs:",
      ...launchSettings(facts, script).map(([name, value]) => `  ${name.padEnd(24)} : ${value}`),
      "",
    ]),
    ...say(887, "starting workers for entrypoint: python3"),
    ...say(677, "Rendezvous'ing worker group"),
  ];
}

function launchSettings(facts: Facts, script: string): readonly (readonly [string, string])[] {
  const { nodes, gpusPerNode } = sizesOf(facts);
  const folder = drawsOf(facts, "log-folder", facts.launches);
  const letters = Array.from({ length: 8 }, () => below(folder, 36).toString(36)).join("");
  return [
    ["entrypoint", script],
    ["min_nodes", "1"],
    ["max_nodes", String(nodes)],
    ["nproc_per_node", String(gpusPerNode)],
    ["run_id", String(jobId(facts))],
    ["rdzv_backend", "c10d"],
    ["rdzv_endpoint", `${addressOf(facts, placeOfRank(facts, 0))}:${masterPort(facts)}`],
    ["rdzv_configs", "{'timeout': 900}"],
    ["max_restarts", String(MAX_RESTARTS)],
    ["monitor_interval", "0.1"],
    ["log_dir", `/var/log/torchelastic_${letters}`],
    ["metrics_cfg", "{}"],
    ["event_log_handler", "null"],
    ["numa_options", "None"],
    ["signals_to_handle", "SIGTERM,SIGINT,SIGHUP,SIGQUIT"],
  ];
}

function masterPort({ cluster }: Facts): string {
  return /:(\d+)$/.exec(cluster?.master ?? "")?.[1] ?? "29500";
}

export function rendezvousLines(facts: Facts, { role }: Launch, restarts: number): string[] {
  const { host } = placeOfRank(facts, 0);
  const { nodes, gpusPerNode, worldSize } = sizesOf(facts);
  const local = Array.from({ length: gpusPerNode }, (_, i) => i).join(", ");
  const sizes = Array.from({ length: gpusPerNode }, () => worldSize).join(", ");
  const info = { level: "I", host } as const;
  linger(facts);
  return [
    ...logged(facts, { ...info, from: `${AGENT}:525` }, [
      `[${role}] Rendezvous complete for workers. Result:`,
      `  restart_count=${restarts}`,
      `  master_addr=${addressOf(facts, placeOfRank(facts, 0))}`,
      `  master_port=${masterPort(facts)}`,
      "  group_rank=0",
      `  group_world_size=${nodes}`,
      `  local_ranks=[${local}]`,
      `  role_ranks=[${local}]`,
      `  global_ranks=[${local}]`,
      `  role_world_sizes=[${sizes}]`,
      `  global_world_sizes=[${sizes}]`,
      "  event_log_handler=null",
    ]),
    ...logged(facts, { ...info, from: `${AGENT}:533` }, [`[${role}] Starting worker group`]),
  ];
}

/** All workers of the first machine are through, and the other launchers soon are. */
export function finishedLines(facts: Facts, { role }: Launch): string[] {
  const { host } = placeOfRank(facts, 0);
  const say = (line: number, text: string): string[] =>
    logged(facts, { level: "I", host, from: `${AGENT}:${line}` }, [text]);
  linger(facts);
  const waiting = "Waiting 300 seconds for other agents to finish";
  const random = drawsOf(facts, "exit-barrier");
  const waitedSeconds = around(random, 0.0011 * sizesOf(facts).nodes, 0.7);
  const lines = [
    ...say(920, `[${role}] worker group successfully finished. ${waiting}.`),
    ...say(973, `Local worker group finished (WorkerState.SUCCEEDED). ${waiting}`),
  ];
  facts.lastMicros += Math.round(waitedSeconds * 1e6);
  return [
    ...lines,
    ...say(987, `Done waiting for other agents. Elapsed: ${pythonFloat(waitedSeconds)} seconds`),
  ];
}

/** What torch says of a worker that ends without taking its groups down: the first of a machine. */
export function leftGroupLine(facts: Facts): string {
  const time = glogNanos(now(facts), below(facts.random, 1000));
  return `[rank0]:[W${time} ProcessGroupNCCL.cpp:1575] Warning: WARNING: destroy_process_group() was not called before program exit, which can leak resources. For more info, please see https://pytorch.org/docs/stable/distributed.html#shutdown (function operator())`;
}

/** How the process that failed first ended. */
export interface Exit {
  readonly place: Place;
  /** Negative for a signal. */
  readonly code: number;
}

/** The other workers of the machine are told to go. */
export function closingLines(facts: Facts, { place, code }: Exit): string[] {
  const { gpusPerNode } = sizesOf(facts);
  const { host, gpu } = place;
  const others = Array.from({ length: gpusPerNode }, (_, i) => i).filter((i) => i !== gpu);
  return [
    ...others.flatMap((one) =>
      logged(facts, { level: "W", host, from: `${PROCESSES}:1014` }, [
        `Sending process ${workerPid(facts, { ...place, gpu: one })} closing signal SIGTERM`,
      ]),
    ),
    ...logged(facts, { level: "E", host, from: `${PROCESSES}:988` }, [
      `failed (exitcode: ${code}) local_rank: ${gpu} (pid: ${workerPid(facts, place)}) of binary: ${PYTHON}`,
    ]),
  ];
}

interface Retry {
  readonly exit: Exit;
  /** Attempts. */
  readonly left: number;
}

/**
 * The launcher of the machine where it happened tries again by itself. It waits for the others,
 * which the first machine's launcher takes for a new one.
 */
export function elasticLines(facts: Facts, { role }: Launch, { exit, left }: Retry): string[] {
  const { host } = exit.place;
  const first = placeOfRank(facts, 0).host;
  const say = (from: string, line: number, text: string): string[] =>
    logged(facts, { level: "I", host: from, from: `${AGENT}:${line}` }, [`[${role}] ${text}`]);
  const lines = [
    ...say(
      host,
      934,
      `Worker group FAILED. ${left}/${MAX_RESTARTS} attempts left; will restart worker group`,
    ),
    ...say(host, 699, "Stopping worker group"),
    ...say(host, 677, "Rendezvous'ing worker group"),
  ];
  if (host === first) return lines;
  return [
    ...lines,
    ...say(first, 948, "Detected 1 new nodes from group_rank=0; will restart worker group"),
    ...say(first, 699, "Stopping worker group"),
    ...closingOnly(facts, first),
    ...say(first, 677, "Rendezvous'ing worker group"),
  ];
}

/** Machines that wait to join make the launcher start everybody again; that is no attempt. */
export function membershipLines(facts: Facts, { role }: Launch): string[] {
  const { host } = placeOfRank(facts, 0);
  const waiting = Math.max(1, facts.waitingNodes);
  const say = (line: number, text: string): string[] =>
    logged(facts, { level: "I", host, from: `${AGENT}:${line}` }, [text]);
  return [
    ...say(
      948,
      `[${role}] Detected ${waiting} new nodes from group_rank=0; will restart worker group`,
    ),
    ...say(699, `[${role}] Stopping worker group`),
    ...closingOnly(facts, host),
    ...say(677, `[${role}] Rendezvous'ing worker group`),
  ];
}

/** The launcher of one machine is asked to go. */
export function leavingLines(facts: Facts, { host }: Place): string[] {
  const pid = launcherPid(facts, host);
  return [
    ...logged(facts, { level: "W", host, from: `${AGENT}:723` }, [
      "Received 15 death signal, shutting down workers",
    ]),
    ...closingOnly(facts, host),
    `torch.distributed.elastic.multiprocessing.api.SignalException: Process ${pid} got signal: 15`,
  ];
}

/** The launcher gives up, and says who was first. */
export function childFailedLines(
  facts: Facts,
  { script }: Launch,
  { place, code }: Exit,
): string[] {
  const time = day(now(facts)).replace(" ", "_");
  const pid = workerPid(facts, place);
  const signal = SIGNALS[-code];
  const message =
    signal === undefined
      ? "To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html"
      : `Signal ${-code} (${signal}) received by PID ${pid}`;
  const cause = `  traceback : ${message}`;
  const width = Math.min(REPORT_WIDTH_MAX, cause.length + 1);
  const rule = "=".repeat(width);
  const thinRule = "-".repeat(width);
  return [
    "Traceback (most recent call last):",
    ...frameLines(LAUNCHER_STACK),
    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
    rule,
    `${script} FAILED`,
    thinRule,
    "Failures:",
    "  <NO_OTHER_FAILURES>",
    thinRule,
    "Root Cause (first observed failure):",
    "[0]:",
    `  time      : ${time}`,
    `  host      : ${place.host}`,
    `  rank      : ${place.rank} (local_rank: ${place.gpu})`,
    `  exitcode  : ${code} (pid: ${pid})${signal === undefined ? "" : `  (${signal})`}`,
    "  error_file: <N/A>",
    cause,
    rule,
  ];
}

/** Reports are as wide as their widest line, within reason. */
const REPORT_WIDTH_MAX = 60;

const DISTRIBUTED = "/opt/venv/lib/python3.12/site-packages/torch/distributed";
const LAUNCHER_STACK: Stack = [
  ["/opt/venv/bin/torchrun", 7, "<module>", "sys.exit(main())", "main()"],
  [
    `${DISTRIBUTED}/elastic/multiprocessing/errors/__init__.py`,
    367,
    "wrapper",
    "return f(*args, **kwargs)",
  ],
  [`${DISTRIBUTED}/run.py`, 1016, "main", "run(args)"],
  [`${DISTRIBUTED}/run.py`, 1007, "run", "elastic_launch("],
  [
    `${DISTRIBUTED}/launcher/api.py`,
    191,
    "__call__",
    "return launch_agent(self._config, self._entrypoint, list(args))",
  ],
  [`${DISTRIBUTED}/launcher/api.py`, 371, "launch_agent", "raise ChildFailedError("],
];

const SIGNALS: Readonly<Record<number, string>> = { 6: "SIGABRT", 9: "SIGKILL", 15: "SIGTERM" };

/** The scheduler ends the step on all machines. */
export function stepFailedLines(facts: Facts, { host, rank }: Place): string[] {
  const { gpusPerNode } = sizesOf(facts);
  const task = Math.floor(rank / gpusPerNode);
  return [
    `srun: error: ${host}: task ${task}: Exited with exit code 1`,
    `srun: Terminating StepId=${jobId(facts)}.${facts.launches - 1}`,
    stepCancelled(facts, ""),
  ];
}

export function nodeFailedLines(facts: Facts, { host }: Place): string[] {
  return [
    `srun: error: Node failure on ${host}`,
    stepCancelled(facts, "DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS "),
  ];
}

/** A requested stop: the workers get a signal, and the launcher logs it. */
export function cancelledLines(facts: Facts): string[] {
  return [stepCancelled(facts, ""), ...leavingLines(facts, placeOfRank(facts, 0))];
}

function closingOnly(facts: Facts, host: string): string[] {
  return Array.from({ length: sizesOf(facts).gpusPerNode }, (_, gpu) =>
    logged(facts, { level: "W", host, from: `${PROCESSES}:1014` }, [
      `Sending process ${workerPid(facts, { host, gpu, rank: gpu })} closing signal SIGTERM`,
    ]),
  ).flat();
}

function stepCancelled(facts: Facts, why: string): string {
  const time = day(now(facts)).replace(" ", "T");
  const { host } = placeOfRank(facts, 0);
  return `slurmstepd: error: *** STEP ${jobId(facts)}.${facts.launches - 1} ON ${host} CANCELLED AT ${time} ${why}***`;
}

export function unreachableLines(facts: Facts, node: number): string[] {
  const gone = hostName(node);
  const first = placeOfRank(facts, 0).host;
  const { gpusPerNode } = sizesOf(facts);
  // A rank that hangs cannot report it.
  const host = first === gone ? placeOfRank(facts, gpusPerNode).host : first;
  const text = `The node '${gone}_${launcherPid(facts, gone)}_0' has failed to send a keep-alive heartbeat to the rendezvous '${jobId(facts)}' due to an error of type RendezvousTimeoutError.`;
  return logged(facts, { level: "W", host, from: `${RENDEZVOUS}:1348` }, [text]);
}

const RENDEZVOUS = "torch/distributed/elastic/rendezvous/dynamic_rendezvous.py";

/** What happens to machines between two attempts, in the words of the job's own script. */
export function supervisorLine(facts: Facts, text: string): string {
  return `[job-supervisor] ${day(now(facts))} ${text}`;
}
