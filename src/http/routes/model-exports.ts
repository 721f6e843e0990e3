import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { exportFormats, exportModel } from '../../model/export.ts';
import { createPace } from '../../model/pace.ts';
import type { AppDeps } from '../deps.ts';
import { exportedSchema, exportParamsSchema, exportQuerySchema } from '../schemas/model-exports.ts';
import { problemResponses } from '../schemas/problem.ts';

const content = Object.fromEntries([...new Set(Object.values(exportFormats).map(({ mediaType }) => mediaType.split(';')[0] ?? ''))].map((mediaType) => [mediaType, { schema: exportedSchema }]));

export const modelExportRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { findModel }) => {
  app.get(
    '/v1/models/:version/export',
    {
      schema: {
        tags: ['models'], operationId: 'exportModel', summary: 'The vectors of a model version in the format of other programs, as a stream',
        description: 'Where the version turns out to be damaged on the way, the connection is closed before the end of the body.',
        params: exportParamsSchema, querystring: exportQuerySchema, response: { 200: { description: 'The file', content }, ...problemResponses(404, 422) },
      },
    },
    async (request, reply) => {
      const { version } = request.params;
      const { format, vectors, limit } = request.query;
      const { folder, manifest } = await findModel(version);
      const bytes = exportModel(folder, manifest, { format, vectors, ...(limit !== undefined && { limit }), pace: createPace() });
      const { file, mediaType } = exportFormats[format];
      void reply.header('content-type', mediaType).header('content-disposition', `attachment; filename="model-${version}-${file}"`);
      const stream = Readable.from(bytes, { objectMode: false, highWaterMark: 1 << 18 });
      stream.once('error', (error) => request.log.error({ err: error, modelVersion: version }, 'an export broke off'));
      return reply.send(stream);
    },
  );
};
