import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { createError } from "../errors.ts";
import type { Launch, Launched } from "./trainer-launcher.ts";

/** Starts trainers, one at a time, by a small process of its own that stays (trainer-launcher.ts). */
export interface Launcher {
  /** Starts that process where it is not there, so that the first trainer finds it: the less this one holds then, the better. */
  prepare(): void;
  /** Starts a trainer, and hands on what is told of it; rejects where the process between ends before it is told how that ended. */
  launch(launch: Launch, onWord: (word: Launched) => void): Launching;
  /** Ends the process, and with it a trainer that runs. */
  close(): Promise<void>;
}

export interface Launching {
  /** Resolves once it is told how the trainer ended. */
  readonly ended: Promise<void>;
  /** Ends the trainer at once. */
  kill(): void;
}

interface Running {
  readonly onWord: (word: Launched) => void;
  readonly ended: PromiseWithResolvers<void>;
  pid?: number;
}

const heapOptions = ["--max-semi-space-size=1", "--v8-pool-size=1"];

export function createLauncher(): Launcher {
  let child: ChildProcess | undefined;
  let running: Running | undefined;

  function start(): ChildProcess {
    const started = fork(new URL(`./trainer-launcher${extname(import.meta.url)}`, import.meta.url), {
      execArgv: heapOptions,
      stdio: ["inherit", "ignore", "inherit", "ipc"],
    });
    const fail = (reason: string) => {
      if (child !== started) return;
      child = undefined;
      endOrphan(running?.pid);
      running?.ended.reject(createError("TRAINER_FAILED", { reason }));
      running = undefined;
    };
    started.on("message", (word: Launched) => {
      if (running && "pid" in word) running.pid = word.pid;
      running?.onWord(word);
      if ("code" in word) end();
    });
    started.on("error", (error) => fail(error.message));
    started.once("exit", (code, signal) => fail(`what started it ended with ${code ?? signal}`));
    setWaiting(started, false); // nobody waits for a process that waits
    return started;
  }

  function end(): void {
    running?.ended.resolve();
    running = undefined;
    if (child) setWaiting(child, false);
  }

  return {
    prepare: () => void (child ??= start()),
    launch(launch, onWord) {
      if (running) throw new Error("one trainer at a time");
      const launcher = (child ??= start());
      const ended = Promise.withResolvers<void>();
      running = { onWord, ended };
      setWaiting(launcher, true);
      launcher.send(launch);
      return { ended: ended.promise, kill: () => void (launcher.connected && launcher.send("kill")) };
    },
    async close() {
      if (!child) return;
      const exit = once(child, "exit");
      setWaiting(child, true);
      if (child.connected) child.disconnect();
      await exit;
    },
  };
}

/** Whether this process goes on for as long as that one does. */
function setWaiting(child: ChildProcess, waits: boolean): void {
  if (waits) child.ref();
  else child.unref();
  if (waits) child.channel?.ref();
  else child.channel?.unref();
}

/** A trainer ends by itself where what started it is gone, but not one that was at rest then. */
function endOrphan(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // it has ended
  }
}
