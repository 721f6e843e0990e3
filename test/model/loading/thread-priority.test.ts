import { once } from "node:events";
import { getPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

const inThread = `
  const { readlinkSync } = require("node:fs");
  const { basename } = require("node:path");
  const { getPriority } = require("node:os");
  const { parentPort, workerData } = require("node:worker_threads");
  import(workerData).then(({ lowerThreadPriority }) => {
    const thread = Number(basename(readlinkSync("/proc/thread-self")));
    const before = getPriority(thread);
    lowerThreadPriority(before + 3);
    parentPort.postMessage(getPriority(thread) - before);
  });
`;

it.runIf(process.platform === "linux")("a thread lowers its own priority and not that of the process", async () => {
  const before = getPriority();
  const workerData = new URL("../../../src/model/loading/thread-priority.ts", import.meta.url).href;
  const worker = new Worker(inThread, { eval: true, workerData });
  expect(await once(worker, "message")).toEqual([3]);
  expect(getPriority()).toBe(before);
  await worker.terminate();
});
