import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { Job } from "../../training/jobs/job-kind.ts";
import type { Queue } from "../../training/jobs/queue.ts";
import { createEventStreams } from "../event-streams.ts";
import { problemResponses } from "../schemas/problem.ts";
import { jobParamsSchema, resumeSchema } from "../schemas/training-jobs.ts";
import { laborious } from "../security/access.ts";

/** What the document says of each route: name and summary. */
type Described = readonly [operationId: string, summary: string];

interface JobRoutes<J extends Job, Request> {
  readonly queue: Queue<J, Request>;
  /** Of all jobs. */
  readonly url: string;
  readonly tags: string[];
  readonly list: Described;
  readonly get: Described;
  readonly cancel: Described;
  readonly follow: Described;
  /** The kind of event that only these jobs have. */
  readonly ownEvent: string;
  readonly schemas: { readonly list: z.ZodType; readonly job: z.ZodType; readonly events: z.ZodType };
}

/** Adds the routes that list, show, cancel and follow the jobs of a queue. */
export function jobRoutes<J extends Job, Request>(
  app: FastifyInstance,
  { queue, url, tags, list, get, cancel, follow, ownEvent, schemas }: JobRoutes<J, Request>,
): void {
  type JobRoute = { Params: z.output<typeof jobParamsSchema> };
  const config = { access: "admin" } as const;
  const describe = ([operationId, summary]: Described) => ({ tags, operationId, summary });
  const streams = createEventStreams();
  app.addHook("preClose", async () => streams.close());

  app.get(
    url,
    { config, schema: { ...describe(list), response: { 200: schemas.list, ...problemResponses() } } },
    async () => ({ items: queue.list() }),
  );

  app.get<JobRoute>(
    `${url}/:jobId`,
    {
      config,
      schema: {
        ...describe(get),
        params: jobParamsSchema,
        response: { 200: schemas.job, ...problemResponses(404) },
      },
    },
    async (request) => queue.get(request.params.jobId),
  );

  app.delete<JobRoute>(
    `${url}/:jobId`,
    {
      config,
      schema: {
        ...describe(cancel),
        params: jobParamsSchema,
        response: { 200: schemas.job, ...problemResponses(404, 409) },
      },
    },
    (request) => queue.cancel(request.params.jobId),
  );

  app.get<JobRoute & { Headers: z.output<typeof resumeSchema> }>(
    `${url}/:jobId/events`,
    {
      ...laborious,
      schema: {
        ...describe(follow),
        description: `First \`job\`, the job as it is; then \`state\`, \`progress\`, \`${ownEvent}\` and \`log\` as they come; at last \`end\`, the job as it ended. With \`Last-Event-ID\` it goes on after that event, where it is still known.`,
        params: jobParamsSchema,
        headers: resumeSchema,
        response: {
          200: {
            description: "Events until the job has ended",
            content: { "text/event-stream": { schema: schemas.events } },
          },
          ...problemResponses(404, 503),
        },
      },
    },
    (request, reply) => {
      const { jobId } = queue.get(request.params.jobId);
      return streams.send(reply, (signal) => queue.events(jobId, request.headers["last-event-id"], signal));
    },
  );
}
