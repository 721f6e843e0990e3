import { useLocation } from "preact-iso";
import { base } from "../api/client.ts";

/** The views, by path below the path prefix. */
export const viewPaths = { tryIt: "", song: "song", models: "models", training: "training", status: "status" } as const;
export type View = keyof typeof viewPaths;

/** Link to a view. */
export function linkTo(view: View, query: Iterable<readonly [string, string]> = []): string {
  const parameters = new URLSearchParams([...query].map(([name, value]) => [name, value])).toString();
  return `${base.pathname}${viewPaths[view]}${parameters === "" ? "" : `?${parameters}`}`;
}

/** The query of the address: the state of a view, which a link can carry. */
export function useQuery(view: View): {
  readonly query: URLSearchParams;
  /** Changes the address in place; `isStep`: the back button returns to the state before. */
  setQuery(query: Iterable<readonly [string, string]>, isStep?: boolean): void;
} {
  const { url, route } = useLocation();
  const [, search = ""] = url.split("?");
  return {
    query: new URLSearchParams(search),
    setQuery: (next, isStep = false) => route(linkTo(view, next), !isStep),
  };
}
