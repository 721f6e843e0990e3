import { type ChildProcess, fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { setPriority } from "node:os";
import { extname } from "node:path";
import { pace } from "./pacing.ts";
import type { TrainerTask } from "./trainer-task.ts";

/** What a trainer is started with. */
export interface Launch {
  readonly task: TrainerTask;
  readonly heapOptions: string[];
  /** Its scheduling priority, 0 to 19; where it is to let others go first, it rests beside a busy server, too. */
  readonly niceness: number;
  /** Hands this process's standard input on. */
  readonly standardInput: boolean;
}

/** What is told of a trainer: its process, what it says, writes on its standard error, and, last, how it ended. */
export type Launched =
  | { readonly pid: number }
  | { readonly message: unknown }
  | { readonly output: string }
  | { readonly unstarted: string }
  | { readonly code: number | null; readonly signal: string | null };

/**
 * A small process that starts one trainer after the other, hands on what it says, has it rest beside a busy server, and ends it when it
 * is told to or the server is gone. To start a process takes a copy of the page tables of the one that starts it, and each page
 * that this writes to afterwards is a fault: a server with a model had better not.
 */
const file = new URL(`./trainer${extname(import.meta.url)}`, import.meta.url);
const tell = (word: Launched) => void (process.connected && process.send?.(word));
let trainer: ChildProcess | undefined;
const kill = () => void trainer?.kill("SIGKILL");

process.on("message", (message: Launch | "kill") => {
  if (message === "kill") kill();
  else start(message);
});
process.once("disconnect", () => {
  kill();
  process.exit();
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {}); // sent to the whole group; the server decides

function start({ heapOptions, standardInput, niceness, task }: Launch): void {
  const started = fork(file, [`${process.pid}`], {
    execArgv: heapOptions,
    stdio: [standardInput ? "inherit" : "ignore", "ignore", "pipe", "ipc"],
  });
  trainer = started;
  let stopPacing = () => {};
  if (started.pid !== undefined) {
    tell({ pid: started.pid });
    lowerPriority(started.pid, niceness);
    if (niceness > 0) stopPacing = pace(process.ppid, (signal) => started.kill(signal));
  }
  started.stderr?.setEncoding("utf8").on("data", (output: string) => tell({ output }));
  started.on("message", (message) => tell({ message }));
  started.on("error", (error) => {
    if (started.pid === undefined) tell({ unstarted: error.message });
    kill(); // where it had started, its end says why
  });
  started.once("exit", () => stopPacing());
  started.once("close", (code, signal) => {
    trainer = undefined;
    tell({ code, signal });
  });
  started.send(task);
}

/** Of its first thread, which hands it on to those that it starts, and, on Linux, of those that it has started by now. */
function lowerPriority(pid: number, niceness: number): void {
  if (niceness === 0) return;
  ifAlive(() => setPriority(pid, niceness));
  if (process.platform !== "linux") return;
  ifAlive(() => {
    for (const thread of readdirSync(`/proc/${pid}/task`)) ifAlive(() => setPriority(Number(thread), niceness));
  });
}

function ifAlive(change: () => void): void {
  try {
    change();
  } catch {
    // it has ended
  }
}
