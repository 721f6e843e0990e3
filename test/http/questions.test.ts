import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSampleService, type SampleService } from '../helpers/sample-service.ts';

let test: SampleService;
beforeAll(async () => {
  test = await createSampleService();
}, 120_000);
afterAll(() => test.close());

interface Item {
  readonly songId: string;
  readonly cosine: number | null;
}
const get = async (url: string) => (await test.app.inject(url)).json();
const post = async (url: string, payload: object) => (await test.app.inject({ method: 'POST', url, payload })).json();

describe('GET /v1/songs/{songId}/path/{otherId}', () => {
  it('leads from one style to another, with steps that are smoother than the leap', async () => {
    const [from = '', to = ''] = [test.songsOf('ambient')[0], test.songsOf('disco')[0]];
    const path = await get(`/v1/songs/${from}/path/${to}?length=6`);
    const ids = path.items.map(({ songId }: Item) => songId);
    expect(ids).toHaveLength(8);
    expect([ids[0], ids.at(-1)]).toEqual([from, to]);
    expect(new Set(ids).size).toBe(8);
    expect(path.direct).toBeLessThan(0.2);
    expect(path.weakest).toBeGreaterThan(path.direct + 0.15);
    expect(test.styleOf(ids[1])).toBe('ambient');
    expect(['house', 'disco']).toContain(test.styleOf(ids[6])); // house is the style beside disco
  });

  it.each([
    ['/v1/songs/nobody/path/10001', 404, 'SONG_NOT_FOUND'],
    ['/v1/songs/10001/path/nobody', 404, 'SONG_NOT_FOUND'],
    ['/v1/songs/10001/path/10002?length=0', 400, 'VALIDATION_FAILED'],
    ['/v1/songs/10001/path/10002?length=21', 400, 'VALIDATION_FAILED'],
  ])('%s is %i', async (url, status, code) => {
    expect(await get(url)).toMatchObject({ status, code });
  });
});

describe('POST /v1/playlists/check', () => {
  it('finds the intruder in a playlist of one style', async () => {
    for (const [style, other] of [['jazz', 'rock'], ['country', 'house'], ['disco', 'folk']] as const) {
      const [intruder = ''] = test.songsOf(other);
      const songs = test.songsOf(style).slice(0, 8).toSpliced(4, 0, intruder);
      expect(songs, `${style} and ${other}`).toHaveLength(9);
      const answer = await post('/v1/playlists/check', { songs: [...songs, 'nobody'] });
      expect(answer, `${style} and ${other}`).toMatchObject({ oddOnesOut: [intruder], unknownSongs: ['nobody'] });
      expect(answer.cohesion).toBeGreaterThan(0.1);
    }
  });

  it('finds no style in songs of all', async () => {
    const songs = ['ambient', 'house', 'country', 'jazz', 'folk', 'rock', 'disco', 'downtempo'].map((style) => test.songsOf(style)[3]);
    const { cohesion, oddOnesOut } = await post('/v1/playlists/check', { songs });
    expect(oddOnesOut).toEqual([]);
    expect(Math.abs(cohesion)).toBeLessThan(0.1);
  });

  it.each([[{}], [{ songs: [] }], [{ songs: [7] }], [{ songs: ['1'], limit: 3 }]])('refuses %j', async (body) => {
    expect(await post('/v1/playlists/check', body)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});
