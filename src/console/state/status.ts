import { signal } from "@preact/signals";
import { ApiError, api, data } from "../api/client.ts";
import type { Status } from "../api/schema.ts";
import { accessChanged, role } from "../api/session.ts";

/** State of the service; null until it is known. */
export const status = signal<Status | null>(null);
/** Why the last request for the state failed; null if it succeeded. */
export const statusError = signal<ApiError | null>(null);

const seconds = { idle: 15, training: 1 };
let timer: ReturnType<typeof setTimeout> | undefined;

/** Reads the state of the service, and again after some seconds: more often while it trains. */
export async function watchStatus(): Promise<void> {
  clearTimeout(timer);
  try {
    const now = await data(api.get("/v1/status"));
    status.value = now;
    role.value = now.role;
    statusError.value = null;
    accessChanged("open");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    statusError.value = error;
    if (error.problem.code === "UNAUTHENTICATED") return; // until there is another key
  }
  const isBusy = status.value?.state !== "ready" || status.value.training !== null;
  timer = setTimeout(() => void watchStatus(), 1000 * (isBusy ? seconds.training : seconds.idle));
}
