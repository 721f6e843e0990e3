import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
/** Options of Node that `npm start` runs the server with. */
export const serverOptions: readonly string[] = (
  /^node ((?:--\S+ )*)src\/main\.ts serve$/.exec(scripts.start)?.[1] ?? ""
)
  .split(" ")
  .filter(Boolean);

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

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
export function waitFor({ child, output, ended }: Running, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(output());
      if (!match) return;
      child.stdout?.off("data", look); // a long log would be looked through anew with every line
      resolve(match);
    };
    child.stdout?.on("data", look);
    void ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}`)));
    look();
  });
}

/** Starts a server on a free port; resolves with its address once it serves a model. */
export async function startServer(environment: Record<string, string>): Promise<{ url: string; running: Running }> {
  const running = startProgram([...serverOptions, main, "serve"], { PORT: "0", DRAIN_SECONDS: "0", ...environment });
  const [, url = ""] = await waitFor(running, /Server listening at (http:\/\/127\.0\.0\.1:\d+)/);
  await waitFor(running, /"msg":"serving a (new )?model version/);
  return { url, running };
}
