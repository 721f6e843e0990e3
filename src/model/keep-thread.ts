import { parentPort } from "node:worker_threads";

/** A thread that refers to every memory it is sent until it is ended, and does nothing else. */
const memories: unknown[] = [];
parentPort?.on("message", (memory) => memories.push(memory));
