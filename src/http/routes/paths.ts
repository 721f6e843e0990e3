import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { describePath } from "../../recommend/query/path.ts";
import type { RouteDeps } from "../deps.ts";
import { pathParamsSchema, pathQuerySchema, pathSchema } from "../schemas/paths.ts";
import { sendWithEtag, toResponse } from "../response-cache.ts";
import { problemResponses } from "../schemas/problem.ts";
import { createSerializer } from "../serializer.ts";

const serialize = createSerializer(pathSchema);

export const pathRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.get(
    "/v1/songs/:songId/path/:otherId",
    {
      config: { access: "reader", hasEtag: true },
      schema: {
        tags: ["songs"],
        operationId: "findPath",
        description: "Each song of the path is similar to the previous one.",
        summary: "Find a path between two songs",
        params: pathParamsSchema,
        querystring: pathQuerySchema,
        response: { 200: pathSchema, ...problemResponses(404, 503) },
      },
    },
    async (request, reply) => {
      const { songId, otherId } = request.params;
      const { length } = request.query;
      const recommender = deps.activeModel.get();
      const response = await deps.cache.get(recommender, ["path", songId, otherId, length], async () => {
        const { search, coldStartSongs } = recommender;
        const path = await deps.searchQueue.run(() => describePath(search, coldStartSongs(), songId, otherId, length));
        return toResponse(serialize(path));
      });
      return sendWithEtag(request, reply, response);
    },
  );
};
