import createClient from "openapi-fetch";
import { accessChanged, apiKey } from "./session.ts";
import type { paths, Problem } from "./schema.ts";

/** Where the service is: the `<base>` of the page, which has the path prefix. */
export const base = new URL(document.baseURI);

/** An error response, or none at all. */
export class ApiError extends Error {
  readonly problem: Partial<Problem> & { readonly code: string };
  /** Seconds after which the request can be repeated. */
  readonly retryAfter: number | undefined;

  constructor(problem: Partial<Problem> & { readonly code: string }, retryAfter?: number) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** Fetches from the service with the key of the session. @throws ApiError for error responses */
export async function request(input: Request | string, init?: RequestInit): Promise<Response> {
  const headers = new Headers(input instanceof Request ? input.headers : init?.headers);
  if (apiKey.value !== "") headers.set("authorization", `Bearer ${apiKey.value}`);
  const response = await fetch(typeof input === "string" ? new URL(input, base) : input, { ...init, headers }).catch(
    (error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError({ code: "UNREACHABLE" });
    },
  );
  if (response.ok) return response;
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  if (response.status === 401) accessChanged(apiKey.value === "" ? "needed" : "wrong");
  const seconds = Number(response.headers.get("retry-after"));
  throw new ApiError({ ...problem, code: problem.code ?? `HTTP_${response.status}` }, seconds || undefined);
}

const { GET, POST, PUT, DELETE } = createClient<paths>({ baseUrl: base.href.replace(/\/$/, ""), fetch: request });
export const api = { get: GET, post: POST, put: PUT, delete: DELETE };

/** A type of the schema as a response has it: openapi-fetch makes arrays of tuples. */
export type Received<T> = T extends readonly (infer E)[]
  ? Received<E>[]
  : T extends object
    ? { [K in keyof T]: Received<T[K]> }
    : T;

/** The body of a response. Error responses throw, so there is one. */
export async function data<R extends { readonly data?: unknown }>(
  response: Promise<R>,
): Promise<NonNullable<R["data"]>> {
  return (await response).data as NonNullable<R["data"]>;
}
