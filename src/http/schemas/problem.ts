import { z } from "zod";

/** RFC 9457 problem details. */
export const problemSchema = z
  .object({
    type: z.string().describe("A name of the kind of problem, as a URN"),
    title: z.string(),
    status: z.int(),
    code: z.string().describe("Stable: branch on this"),
    detail: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe("Each offending field, by its path"),
    progress: z
      .object({ phase: z.string(), share: z.number(), etaSeconds: z.number().nullable() })
      .optional()
      .describe("How far the first model is"),
  })
  .meta({
    id: "Problem",
    examples: [
      {
        type: "urn:song2vec:problem:song-not-found",
        title: "Not Found",
        status: 404,
        code: "SONG_NOT_FOUND",
        detail: 'The model knows no song "4711".',
      },
    ],
  });
export type Problem = z.infer<typeof problemSchema>;

const media = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

const problems = {
  400: media("The request does not fit; `errors` names each offending field"),
  401: media("There is no key, or not one that is known"),
  403: media("The key is not of the role that this takes"),
  404: media("There is no such thing"),
  408: media("The request came in too slowly"),
  409: media("The state of the thing does not allow it"),
  412: media("The thing is not what the request takes it to be"),
  413: media("The body is too large"),
  415: media("The body is of another media type"),
  422: media("The request fits, but can not be carried out"),
  429: media("Too many failed keys of this address, or too many requests of this key; Retry-After says when"),
  500: media("Our fault; the log has the details"),
  503: media("Not now; Retry-After says when"),
  507: media("The disk is full: nothing was stored"),
};

const always = [400, 401, 403, 408, 429, 500, 503] as const;
type Always = (typeof always)[number];

/** The problem responses of a route, with those that every route may answer. */
export function problemResponses<S extends keyof typeof problems>(...statuses: S[]): Pick<typeof problems, S | Always> {
  const all = new Set<number>([...always, ...statuses]);
  return Object.fromEntries(Object.entries(problems).filter(([status]) => all.has(Number(status)))) as Pick<
    typeof problems,
    S | Always
  >;
}
