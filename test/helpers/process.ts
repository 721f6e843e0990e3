import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
/** Node options of `npm start`. */
export const serverOptions: readonly string[] = (
  /^node ((?:--\S+ )*)src\/main\.ts serve$/.exec(scripts.start)?.[1] ?? ""
)
  .split(" ")
  .filter(Boolean);

/** Path of the built program. */
export const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  /** Exit code or signal. */
  readonly ended: Promise<number | string>;
}

/** Starts `song2vec` in a separate process, with the given environment only. */
export function startCommand(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  return startProgram([main, ...args], environment);
}

/** Starts Node in a separate process. */
export function startProgram(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  return startExecutable(process.execPath, args, environment);
}

export function startExecutable(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Running {
  const child = spawn(program, args, { env: { PATH: process.env["PATH"] ?? "", ...environment } });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = once(child, "close").then(([code, signal]: (number | string | null)[]) => code ?? signal ?? "nothing");
  return { child, output: () => output, errors: () => errors, ended };
}

export async function runCommand(args: readonly string[], environment: Record<string, string> = {}) {
  const { ended, output, errors } = startCommand(args, environment);
  return { code: await ended, output: output(), errors: errors() };
}

/** Waits for output that matches. Rejects if the process exits before. */
export function waitFor({ child, output, errors, ended }: Running, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(output());
      if (!match) return;
      child.stdout?.off("data", look); // a long log would be looked through anew with every line
      resolve(match);
    };
    child.stdout?.on("data", look);
    void ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}: ${errors()}`)));
    look();
  });
}

/** Ids of the running child processes of a process, from all of its threads. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return []; // it has ended
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Polls until a condition holds. @returns milliseconds until then */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 200_000): Promise<number> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > timeoutMs) throw new Error(`it does not hold after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - started;
}
