import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { createError, type Song2vecError } from "../../errors.ts";

export const problemType = "application/problem+json; charset=utf-8";

/** Problem details of RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string().describe("URN that identifies the type of problem"),
    title: z.string().describe("Name of the HTTP status"),
    status: z.int().describe("HTTP status"),
    code: z.string().describe("Stable error code, for programs"),
    detail: z.string().describe("Explanation, for people"),
    errors: z
      .array(
        z.object({
          path: z.string().describe("Path of the field, for example `songs.0`"),
          message: z.string().describe("What is wrong with the field"),
        }),
      )
      .optional()
      .describe("Invalid fields"),
    progress: z
      .object({
        phase: z.string().describe("Phase of the training"),
        share: z.number().describe("Share of the training that is done, 0 to 1"),
        etaSeconds: z.number().nullable().describe("Estimated remaining time in seconds; null if unknown"),
      })
      .optional()
      .describe("Progress of the first training, while no model is active"),
  })
  .describe("An error.")
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problemSchema>;

/** Problem details of an error; the text of a 500 stays in the log. */
export function toProblem(error: Song2vecError): Problem {
  return {
    type: `urn:song2vec:problem:${error.code.toLowerCase().replaceAll("_", "-")}`,
    title: STATUS_CODES[error.status] ?? "Error",
    status: error.status,
    code: error.code,
    detail: error.status === 500 ? createError("INTERNAL").message : error.message,
  };
}

/** A problem of each status, for the OpenAPI document. */
export const problemExamples = new Map<number, Problem>();

/** A response; the problem of an error becomes the example of its status. */
function problem(description: string, error: Song2vecError) {
  problemExamples.set(error.status, toProblem(error));
  return { description, content: { "application/problem+json": { schema: problemSchema } } };
}

const problems = {
  400: problem(
    "Invalid request. `errors` lists the invalid fields",
    createError("BAD_REQUEST", { reason: "Either `like` or `playlists` is required, not both." }),
  ),
  401: problem("API key missing or unknown", createError("UNAUTHENTICATED", { presented: false })),
  403: problem(
    "The role of the API key does not permit this operation",
    createError("FORBIDDEN", { role: "reader", needed: "admin" }),
  ),
  404: problem("Resource not found", createError("SONG_NOT_FOUND", { songId: "4711", modelVersion: 1 })),
  408: problem("The request took too long to arrive", createError("REQUEST_TIMEOUT")),
  409: problem(
    "Conflict with the current state of the resource",
    createError("MODEL_IN_USE", { version: 3, reason: "it is active" }),
  ),
  412: problem(
    "Precondition failed: the resource has changed",
    createError("PLAYLIST_CHANGED", { playlistId: "user-42", etag: '"7"' }),
  ),
  413: problem("Request body too large", createError("BODY_TOO_LARGE", { limit: 2 ** 20 })),
  415: problem(
    "Media type of the request body not supported",
    createError("UNSUPPORTED_MEDIA_TYPE", { mediaType: "text/csv", wanted: ["application/json"] }),
  ),
  422: problem(
    "The request is valid but cannot be processed",
    createError("UNKNOWN_SONGS", { songIds: ["4711", "4712"] }),
  ),
  429: problem(
    "Rate limit exceeded. Retry after the time in `Retry-After`",
    createError("RATE_LIMITED", { what: "requests", limit: 600, retryAfter: 20 }),
  ),
  500: problem("Internal server error. See the server log", createError("INTERNAL")),
  503: problem("Temporarily unavailable. Retry after the time in `Retry-After`", createError("OVERLOADED")),
  507: problem("Disk full. Nothing was stored", createError("STORAGE_FULL")),
};

const always = [400, 401, 403, 408, 429, 500, 503] as const;
type Always = (typeof always)[number];

/** The problem responses of a route: the given ones and those of every route. */
export function problemResponses<S extends keyof typeof problems>(...statuses: S[]): Pick<typeof problems, S | Always> {
  const all = new Set<number>([...always, ...statuses]);
  return Object.fromEntries(Object.entries(problems).filter(([status]) => all.has(Number(status)))) as Pick<
    typeof problems,
    S | Always
  >;
}
