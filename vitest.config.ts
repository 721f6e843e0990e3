import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Tests of modules, for which nothing is built or trained. */
const modules = [
  "test/{console,corpus,evaluate,model,recommend,store,word2vec}/**/*.test.ts",
  "test/docs/{drift,links,same-output}.test.ts",
  "test/*.test.ts",
];

/** Tests that hold a service to latencies, load the machine, or depend on priorities: one file after the other. */
const alone = [
  "test/faults/{bodies,connections,overload,soak,stop,training-under-load}.test.ts",
  "test/http/observability/pressure.test.ts",
  "test/training/process/trainer-priority.test.ts",
];

/** Tests of the console in a browser, which they share with two services. */
const browser = ["test/browser/**/*.test.ts"];

const shared = {
  setupFiles: ["test/helpers/seed.ts"],
  isolate: false, // the files of a worker share its modules: to import them for each takes a fifth of the time
  testTimeout: 300_000,
  hookTimeout: 300_000,
  env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") }, // trainers start in half the time
};
/** One in the full form of the faults, which holds what is promised on a quiet machine. */
const maxWorkers = process.env["FAULTS"] === "full" ? 1 : 2;
const globalSetup = ["src/build.ts", "test/helpers/setup.ts"];

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: "modules", include: modules, globalSetup: "src/build.ts", maxWorkers } },
      {
        test: {
          ...shared,
          name: "services",
          include: ["test/**/*.test.ts"],
          exclude: [...modules, ...alone, ...browser],
          globalSetup,
          setupFiles: [...shared.setupFiles, "test/helpers/priority.ts"],
          maxWorkers,
        },
      },
      {
        test: { ...shared, name: "alone", include: alone, globalSetup, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
      {
        test: {
          ...shared,
          name: "browser",
          include: browser,
          globalSetup: ["src/build.ts", "test/browser/setup.ts"],
          maxWorkers: 1,
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
