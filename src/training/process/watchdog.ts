import { workerData } from "node:worker_threads";

/**
 * Thread that kills its process once the parent process is gone, even if the main thread is blocked. An orphan gets a
 * new parent id, except on Windows, where a signal 0 shows whether the parent is alive.
 */
const parent: number = workerData;

setInterval(() => {
  if (process.ppid !== parent || !isAlive(parent)) process.kill(process.pid, "SIGKILL");
}, 500);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
