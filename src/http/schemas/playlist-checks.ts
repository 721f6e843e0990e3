import { z } from 'zod';
import { provisionalSchema, songIdSchema } from './options.ts';

export const playlistCheckRequestSchema = z
  .strictObject({ songs: z.array(songIdSchema).min(1).max(10_000).describe('The playlist; a song that stands there several times counts once') })
  .meta({ id: 'PlaylistCheckRequest', examples: [{ songs: ['10496', '12874', '10077'] }] });

const fitSchema = z.object({
  songId: z.string(),
  fit: z.number().nullable().describe('Its mean cosine with the others, on a scale from 0, what songs of all kinds have with this playlist, to 1; null where there are no others'),
  title: z.string().optional(),
  artist: z.string().optional(),
  provisional: provisionalSchema,
});

export const playlistCheckSchema = z
  .object({
    modelVersion: z.int(),
    cohesion: z.number().nullable().describe('The mean of the fits: about 0 for songs picked at random; null for fewer than two known songs'),
    items: z.array(fitSchema).describe('The known songs, each once, in the order asked'),
    oddOnesOut: z.array(z.string()).describe('The songs that fit less than half as well as the middle one, the worst first; none where the playlist has no style of its own'),
    unknownSongs: z.array(z.string()),
  })
  .meta({
    id: 'PlaylistCheck',
    examples: [{
      modelVersion: 1, cohesion: 0.41,
      items: [{ songId: '10496', fit: 0.62, title: 'Paper Lantern', artist: 'Harbour Lights' }, { songId: '10077', fit: 0.58 }, { songId: '12874', fit: 0.03 }],
      oddOnesOut: ['12874'], unknownSongs: [],
    }],
  });
