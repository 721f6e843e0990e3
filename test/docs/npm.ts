import { spawn, spawnSync } from "node:child_process";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { settings } from "../../src/config.ts";
import { isAlive, serverOptions, until } from "../helpers/process.ts";

/**
 * Stands for `npm` in the commands of the pages: `npm ci` does nothing, `npm run -s song2vec --` runs this checkout, and `npm start` serves
 * in the background, on a free port, until other settings are given or the pages have ended.
 */
const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

interface RunningService {
  readonly pid: number;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** @param folder of the session that the pages run in */
export function readService(folder: string): RunningService | undefined {
  const file = join(folder, "service.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** @param signal SIGINT ends it without the pause for load balancers */
export async function stopService({ pid }: RunningService, signal: NodeJS.Signals = "SIGINT"): Promise<void> {
  if (isAlive(pid)) process.kill(pid, signal);
  await until(() => !isAlive(pid));
}

async function start(folder: string): Promise<void> {
  const names = settings.map(({ env }) => env).filter((name) => process.env[name] !== undefined);
  const given = Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""]));
  const running = readService(folder);
  if (running && JSON.stringify(running.settings) === JSON.stringify(given)) return;
  if (running) await stopService(running);
  const port = await freePort();
  const log = openSync(join(folder, "service.log"), "a");
  const child = spawn(process.execPath, [...serverOptions, program, "serve"], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, HOST: "127.0.0.1", PORT: String(port) },
  });
  let ended = false;
  child.once("exit", () => (ended = true));
  writeFileSync(join(folder, "service.json"), JSON.stringify({ pid: child.pid, port, settings: given }));
  while (!(await isReady(port))) {
    if (ended) throw new Error(readFileSync(join(folder, "service.log"), "utf8").slice(-2000));
    await pause(50);
  }
  child.unref();
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

if (import.meta.main) {
  const line = process.argv.slice(2).join(" ");
  const command = line.startsWith("run -s song2vec -- ") ? process.argv.slice(6) : undefined;
  if (command) process.exitCode = spawnSync(process.execPath, [program, ...command], { stdio: "inherit" }).status ?? 1;
  else if (line === "start") await start(process.env["PAGES"] ?? "");
  else if (line !== "ci") throw new Error(`npm ${line} is not known here`);
}
