import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface Server {
  readonly port: number;
  readonly pid: number;
  /** Seconds from the start until it was ready. */
  readonly ready: number;
  /** Its output. */
  log(): string;
  /** Resident kilobytes, without mapped files. */
  resident(): number;
  stop(): Promise<void>;
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Starts the service like `npm start`, with the log in a file. @param root folder of the checkout */
export function startService(
  dataDir: string,
  environment: Record<string, string> = {},
  root = file("../../.."),
): Promise<Server> {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const options = scripts.start.split(" ").filter((word: string) => word.startsWith("--"));
  const args = [...options, join(root, "src/main.ts"), "serve"];
  return start(
    process.execPath,
    args,
    { DATA_DIR: dataDir, PORT: "0", ...environment },
    /"msg":"(serving a (new )?model version|model (activated|loaded))/,
  );
}

export function startBare(bodyFile: string): Promise<Server> {
  return start(process.execPath, [file("bare-server.ts"), bodyFile], {}, /listening/);
}

export async function startGensim(modelFolder: string): Promise<Server> {
  const port = await freePort();
  return start("/usr/bin/python3", [file("serve-gensim.py"), modelFolder, String(port)], {}, undefined, port);
}

async function start(
  command: string,
  args: string[],
  environment: Record<string, string>,
  whenReady: RegExp | undefined,
  knownPort?: number,
): Promise<Server> {
  const log = join(mkdtempSync(join(tmpdir(), "song2vec-log-")), "log");
  const out = openSync(log, "w");
  const began = performance.now();
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    stdio: ["ignore", out, out],
  });
  const read = () => readFileSync(log, "utf8");
  await until(child, read, async () => (whenReady ? whenReady.test(read()) : isUp(knownPort ?? 0)));
  const ready = (performance.now() - began) / 1000;
  const port = knownPort ?? Number(/listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(read())?.[1]);
  const pid = child.pid ?? 0;
  return {
    port,
    pid,
    ready,
    log: read,
    resident: () =>
      Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) +
      Number(/RssShmem:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function until(child: ChildProcess, read: () => string, isReady: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 3000; waited++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${read().slice(-2000)}`);
    if (await isReady()) return;
    await setTimeout(20);
  }
  throw new Error(`not ready after a minute: ${read().slice(-2000)}`);
}

async function isUp(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/docs`, { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
