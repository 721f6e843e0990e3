import module from "node:module";
import { dirname } from "node:path";

/**
 * Young objects less room than V8 gives them, so that a collection is short (with half of this, what many connections have under way is copied
 * so often that they get a seventh less); and one helper, so that V8's threads do not take the processor from the thread that
 * waits for them.
 */
const v8Options = ["--max-semi-space-size=8", "--v8-pool-size=1"];
/**
 * What the C library does with large pieces that are given back: left to itself it keeps them, in each thread's own share, once a
 * piece of some megabytes has come and gone; so a service that swaps models would hold half as much again.
 */
const allocation = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "131072" };

/** A program that is started anew in the place of this one. */
export interface Restart {
  readonly args: string[];
  readonly environment: Record<string, string>;
}

type Started = Pick<NodeJS.Process, "argv" | "execArgv" | "execPath" | "env">;

/** How a server has to be started to have the settings that V8 and the C library read at their start; undefined where it has them. Those that somebody has set stay as they are. */
export function restartOf({ argv, execArgv, execPath, env }: Started): Restart | undefined {
  const given = [...execArgv, ...(env["NODE_OPTIONS"] ?? "").split(/\s+/)].map(nameOf);
  const options = v8Options.filter((option) => !given.includes(nameOf(option)));
  const isSet = options.length === 0 && Object.keys(allocation).every((name) => name in env);
  return isSet
    ? undefined
    : {
        args: [execPath, ...options, ...execArgv, ...argv.slice(1)],
        environment: { ...allocation, ...(env as Record<string, string>) },
      };
}

/** Starts this program anew with the settings of a server, as the same process, where it has not got them and the system can do that. */
export function takeServerSettings(): void {
  if (process.platform === "win32" || process.connected) return;
  const restart = restartOf(process);
  if (restart) process.execve?.(process.execPath, restart.args, restart.environment);
}

/** Keeps what was compiled for the next start, and for the threads and trainers of this one, which would compile all of it again. */
export function keepCompiled(): void {
  module.enableCompileCache();
  const own = module.getCompileCacheDir(); // of this version of Node
  if (own !== undefined) process.env["NODE_COMPILE_CACHE"] ??= dirname(own);
}

/** V8 takes its options with underscores too. */
function nameOf(option: string): string {
  return option.replace(/=.*/, "").replaceAll("_", "-");
}
