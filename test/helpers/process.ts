import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
/** Options of Node that `npm start` runs the server with. */
export const serverOptions: readonly string[] = (
  /^node ((?:--\S+ )*)src\/main\.ts serve$/.exec(scripts.start)?.[1] ?? ""
)
  .split(" ")
  .filter(Boolean);

/** The built program. */
export const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  /** The exit code, or the signal. */
  readonly ended: Promise<number | string>;
}

/** Starts `song2vec` as a process of its own, with nothing set but what is given. */
export function startCommand(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  return startProgram([main, ...args], environment);
}

/** Starts Node as a process of its own. */
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

/** Resolves with the first match in what a process prints; rejects where it ends before. */
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

/** The numbers of the processes that a process has started, whichever of its threads did, and that live. */
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

/** Looks every few milliseconds until something holds; returns after how many that was. */
export async function until(holds: () => boolean | Promise<boolean>, atMost = 200_000): Promise<number> {
  const started = performance.now();
  while (!(await holds())) {
    if (performance.now() - started > atMost) throw new Error(`it does not hold after ${atMost} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - started;
}
