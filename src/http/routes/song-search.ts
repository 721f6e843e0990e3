import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Model } from '../../model/model.ts';
import { createSongFinder, type SongFinder } from '../../recommend/find-songs.ts';
import { currentRecommender } from '../current.ts';
import type { AppDeps } from '../deps.ts';
import { problemResponses } from '../schemas/problem.ts';
import { foundSongsSchema, songSearchQuerySchema } from '../schemas/song-search.ts';

export const songSearchRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const finders = new WeakMap<Model, Promise<SongFinder>>();

  /** Made when it is first asked for: models nobody searches take nothing. */
  function finderOf(model: Model): Promise<SongFinder> {
    const known = finders.get(model);
    if (known) return known;
    const made = createSongFinder(model);
    finders.set(model, made);
    return made;
  }

  app.get(
    '/v1/songs',
    {
      config: { access: 'reader' },
      schema: {
        tags: ['songs'], operationId: 'findSongs', summary: 'Find songs by title, artist or id, the most played first',
        querystring: songSearchQuerySchema, response: { 200: foundSongsSchema, ...problemResponses(503) },
      },
    },
    async ({ query: { query, limit } }) => {
      const { model } = currentRecommender(deps);
      const rows = query === undefined ? model.counts.subarray(0, limit).keys().toArray() : await (await finderOf(model)).find(query, limit);
      const items = rows.map((row) => model.songs.at(row)).filter((song) => song !== undefined);
      return { modelVersion: model.version, items: items.map(({ id, count, title, artist }) => ({ songId: id, count, title, artist })) };
    },
  );
};
