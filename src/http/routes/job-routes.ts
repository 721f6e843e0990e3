import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { Job } from "../../training/jobs/job-kind.ts";
import type { Queue } from "../../training/jobs/queue.ts";
import { createEventStreams } from "../event-streams.ts";
import { problemResponses } from "../schemas/problem.ts";
import { jobParamsSchema, resumeSchema } from "../schemas/training-jobs.ts";
import { longRunning } from "../security/access.ts";

/** Operation id and summary of a route, for the OpenAPI document. */
type Operation = readonly [operationId: string, summary: string];

interface JobRoutes<J extends Job, Request> {
  readonly queue: Queue<J, Request>;
  /** Path of the list of jobs. */
  readonly url: string;
  readonly tags: string[];
  readonly list: Operation;
  readonly get: Operation;
  readonly cancel: Operation;
  readonly follow: Operation;
  /** Type of event that only these jobs emit. */
  readonly ownEvent: string;
  readonly schemas: { readonly list: z.ZodType; readonly job: z.ZodType; readonly events: z.ZodType };
}

/** Adds the routes that list, get, cancel and follow the jobs of a queue. */
export function jobRoutes<J extends Job, Request>(
  app: FastifyInstance,
  { queue, url, tags, list, get, cancel, follow, ownEvent, schemas }: JobRoutes<J, Request>,
): void {
  type JobRoute = { Params: z.output<typeof jobParamsSchema> };
  const config = { access: "admin" } as const;
  const describe = ([operationId, summary]: Operation) => ({ tags, operationId, summary });
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
      ...longRunning,
      schema: {
        ...describe(follow),
        description:
          `The first event is \`job\`, with the job. The events \`state\`, \`progress\`, \`${ownEvent}\` and ` +
          `\`log\` follow as they occur. The last event is \`end\`, with the ended job. With the header ` +
          `\`Last-Event-ID\`, the stream continues after that event, if the server still has it.`,
        params: jobParamsSchema,
        headers: resumeSchema,
        response: {
          200: {
            description: "Events until the job ends",
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
