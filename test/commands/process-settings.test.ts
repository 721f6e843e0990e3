import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { restartOf } from "../../src/commands/process-settings.ts";
import { startBuilt } from "../helpers/built-service.ts";

const started = {
  argv: ["/bin/node", "/app/main.js", "serve", "--port", "1"],
  execArgv: ["--trace-gc"],
  execPath: "/bin/node",
  env: { PATH: "/bin" },
};

describe("the settings that a server is started anew with", () => {
  it("keeps its command line, its environment and the options of Node", () => {
    const restart = restartOf(started);
    expect(restart?.args).toEqual([
      "/bin/node",
      "--max-semi-space-size=8",
      "--v8-pool-size=1",
      "--trace-gc",
      "/app/main.js",
      "serve",
      "--port",
      "1",
    ]);
    expect(restart?.environment).toMatchObject({ PATH: "/bin", MALLOC_ARENA_MAX: "2" });
  });

  it("does so once", () => {
    const { args: [execPath = "", ...args] = [], environment = {} } = restartOf(started) ?? {};
    const script = args.indexOf("/app/main.js");
    expect(
      restartOf({
        execPath,
        argv: [execPath, ...args.slice(script)],
        execArgv: args.slice(0, script),
        env: environment,
      }),
    ).toBeUndefined();
  });

  it("leaves what somebody has set as it is, with a name of either form, on the command line or in NODE_OPTIONS", () => {
    const restart = restartOf({
      ...started,
      execArgv: ["--max_semi_space_size=64"],
      env: { NODE_OPTIONS: "--no-warnings --v8-pool-size=4", MALLOC_ARENA_MAX: "8" },
    });
    expect(restart?.args.slice(0, 3)).toEqual(["/bin/node", "--max_semi_space_size=64", "/app/main.js"]);
    expect(restart?.environment).toMatchObject({ MALLOC_ARENA_MAX: "8", MALLOC_MMAP_THRESHOLD_: "131072" });
  });

  it.skipIf(process.platform !== "linux")(
    "are those of the process that serves, which is the one that was started",
    async () => {
      const { child } = await startBuilt({ options: ["--max-semi-space-size=2"] });
      expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8").split("\0").slice(1, 3)).toEqual([
        "--v8-pool-size=1",
        "--max-semi-space-size=2",
      ]);
      expect(readFileSync(`/proc/${child.pid}/environ`, "utf8").split("\0")).toContain("MALLOC_MMAP_THRESHOLD_=131072");
    },
  );
});

/** What a process keeps compiled code in, and what a thread of it does. */
const program = `
import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import { keepCompiled } from ${JSON.stringify(new URL("../../src/commands/process-settings.ts", import.meta.url).href)};
keepCompiled();
const thread = new Worker("import { getCompileCacheDir } from 'node:module'; import { parentPort } from 'node:worker_threads'; parentPort.postMessage(getCompileCacheDir() ?? null)", { eval: true });
thread.once('message', (theirs) => console.log(JSON.stringify([getCompileCacheDir() ?? null, theirs])));`;
const compiledIn = (environment: NodeJS.ProcessEnv): (string | null)[] =>
  JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      env: { ...process.env, NODE_COMPILE_CACHE: undefined, ...environment },
    }),
  );

describe("compiled code", () => {
  it("is kept where threads and processes of this one find it", () => {
    const [own, theirs] = compiledIn({});
    expect(own).toEqual(expect.any(String));
    expect(theirs).toBe(own);
  });

  it("is not kept where somebody does not want that", () => {
    expect(compiledIn({ NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual([null, null]);
  });
});
