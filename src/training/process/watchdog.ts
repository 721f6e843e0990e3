import { workerData } from "node:worker_threads";

/**
 * A thread that ends its process once the process that started it is gone, whatever keeps the main thread busy. The
 * parent's number changes then, but on Windows, where it is asked whether it lives.
 */
const parent: number = workerData;

setInterval(() => {
  if (process.ppid !== parent || !lives(parent)) process.kill(process.pid, "SIGKILL");
}, 500);

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
