import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client.ts";

export interface Loaded<T> {
  /** The latest result; undefined before the first one. It stays while the next one is loading. */
  readonly value: T | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  reload(): void;
}

/**
 * Loads, and loads again when a dependency changes. A request that is outdated is aborted.
 * @param load null: there is nothing to load
 */
export function useLoad<T>(
  load: ((signal: AbortSignal) => Promise<T>) | null,
  dependencies: readonly unknown[],
): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({
    value: undefined,
    error: undefined,
    isLoading: true,
  });
  const [count, setCount] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useLayoutEffect(() => {
    const abort = new AbortController();
    if (!latest.current) {
      setState({ value: undefined, error: undefined, isLoading: false });
      return;
    }
    setState((before) => ({ ...before, isLoading: true }));
    latest.current(abort.signal).then(
      (value) => !abort.signal.aborted && setState({ value, error: undefined, isLoading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setState((before) => ({ value: before.value, error, isLoading: false }));
        if (error.retryAfter !== undefined && [409, 503].includes(error.problem.status ?? 0))
          setTimeout(() => !abort.signal.aborted && setCount((n) => n + 1), 1000 * error.retryAfter);
      },
    );
    return () => abort.abort();
  }, [...dependencies, count]);
  return { ...state, reload: () => setCount((n) => n + 1) };
}
