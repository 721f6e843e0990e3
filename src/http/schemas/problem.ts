import { z } from "zod";

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
  .meta({
    id: "Problem",
    examples: [
      {
        type: "urn:song2vec:problem:song-not-found",
        title: "Not Found",
        status: 404,
        code: "SONG_NOT_FOUND",
        detail: 'Song "4711" not found in model version 1.',
      },
    ],
  });
export type Problem = z.infer<typeof problemSchema>;

const media = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

const problems = {
  400: media("Invalid request. `errors` lists the invalid fields"),
  401: media("API key missing or unknown"),
  403: media("The role of the API key does not permit this operation"),
  404: media("Resource not found"),
  408: media("The request took too long to arrive"),
  409: media("Conflict with the current state of the resource"),
  412: media("Precondition failed: the resource has changed"),
  413: media("Request body too large"),
  415: media("Media type of the request body not supported"),
  422: media("The request is valid but cannot be processed"),
  429: media("Rate limit exceeded. Retry after the time in `Retry-After`"),
  500: media("Internal server error. See the server log"),
  503: media("Temporarily unavailable. Retry after the time in `Retry-After`"),
  507: media("Disk full. Nothing was stored"),
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
