import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { Job } from "../../training/jobs/job-kind.ts";
import type { Queue } from "../../training/jobs/queue.ts";
import { laborious } from "../security/access.ts";
import { createEventStreams } from "../event-streams.ts";
import { problemResponses } from "../schemas/problem.ts";
import { jobParamsSchema, resumeSchema } from "../schemas/training-jobs.ts";

interface Described {
  readonly tags: string[];
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
}

/** Adds the route that follows a job of a queue to its end, as server-sent events. */
export function jobEventsRoute<J extends Job, Request>(
  app: FastifyInstance,
  queue: Queue<J, Request>,
  url: string,
  described: Described,
  events: z.ZodType,
): void {
  const streams = createEventStreams();
  app.addHook("preClose", async () => streams.close());
  app.get<{ Params: z.output<typeof jobParamsSchema>; Headers: z.output<typeof resumeSchema> }>(
    url,
    {
      ...laborious,
      schema: {
        ...described,
        params: jobParamsSchema,
        headers: resumeSchema,
        response: {
          200: { description: "Events until the job has ended", content: { "text/event-stream": { schema: events } } },
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
