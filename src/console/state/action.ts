import { useState } from "preact/hooks";
import { ApiError } from "../api/client.ts";

export interface Action {
  /** Why the last run failed; undefined if it did not */
  readonly error: ApiError | undefined;
  readonly isBusy: boolean;
  /** @param onError called with the error that is shown */
  run(act: () => Promise<void>, onError?: (error: ApiError) => void): Promise<void>;
  clear(): void;
}

/** Something that the user starts, with its error until it is started again. */
export function useAction(): Action {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  return {
    error,
    isBusy,
    async run(act, onError) {
      setBusy(true);
      setError(undefined);
      try {
        await act();
      } catch (problem) {
        if (!(problem instanceof ApiError)) throw problem;
        setError(problem);
        onError?.(problem);
      } finally {
        setBusy(false);
      }
    },
    clear: () => setError(undefined),
  };
}
