import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readService, stopService } from "./npm.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface CommandOutput {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** A shell in a folder of its own, in which the commands of pages run one after the other, as in one terminal. */
export interface Session {
  run(commands: string): Promise<CommandOutput>;
  close(): Promise<void>;
}

export async function openSession(): Promise<Session> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-docs-"));
  const bin = join(folder, "bin");
  const work = join(folder, "work");
  for (const path of [bin, work]) mkdirSync(path);
  addProgram(join(bin, "npm"), join(root, "test/docs/npm.ts"));
  addProgram(join(bin, "song2vec"), join(root, "src/main.ts"));
  const environment = { PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: folder, PAGES: folder };
  const shell = spawn("bash", ["--norc"], { cwd: work, env: environment, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  let count = 0;
  return {
    async run(commands) {
      const file = join(folder, `block-${++count}`);
      const port = readService(folder)?.port;
      writeFileSync(file, port === undefined ? commands : commands.replaceAll("127.0.0.1:3000", `127.0.0.1:${port}`));
      shell.stdin.write(`set -o pipefail; source ${file} >${file}.out 2>${file}.err; echo $?\n`);
      const { value } = await lines.next();
      const [output, errors] = await Promise.all([readFile(`${file}.out`, "utf8"), readFile(`${file}.err`, "utf8")]);
      return { code: Number(value), output, errors };
    },
    async close() {
      await endShell(shell);
      const service = readService(folder);
      if (service) await stopService(service);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function addProgram(path: string, module: string): void {
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${module}' "$@"\n`);
  chmodSync(path, 0o755);
}

async function endShell(shell: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => shell.once("close", resolve));
  shell.stdin?.end();
  await ended;
}
