import { once } from "node:events";
import { getPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

const module = new URL("../../../src/model/loading/thread-priority.ts", import.meta.url).href;
const inThread = `
  const { readlinkSync } = require('node:fs');
  const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
  const own = require('node:os').getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)));
  if (workerData.helper) parentPort.postMessage(own);
  else import(workerData.module).then(({ lowerThreadPriority }) => {
    lowerThreadPriority(own + 3);
    new Worker(workerData.code, { eval: true, workerData: { helper: true } }).on('message', (helper) => parentPort.postMessage({ own, helper }));
  });
`;

it.runIf(process.platform === "linux")(
  "a thread that lets others go first leaves the process as it was, and its helpers do as it does",
  async () => {
    const before = getPriority();
    const worker = new Worker(inThread, { eval: true, workerData: { module, code: inThread } });
    const [{ own, helper }] = await once(worker, "message");
    expect([own, helper]).toEqual([before, before + 3]);
    expect(getPriority()).toBe(before);
    await worker.terminate();
  },
);
