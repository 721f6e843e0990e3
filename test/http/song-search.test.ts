import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVersions } from '../../src/model/versions.ts';
import { createTestService, type TestService } from '../helpers/service.ts';
import { four, publishModel } from '../model/small-models.ts';

let test: TestService;

beforeAll(async () => {
  test = await createTestService();
  await publishModel(await openVersions(join(test.folder, 'data/models')), four);
});
afterAll(() => test.close());

const find = (query: string) => test.app.inject({ url: `/v1/songs${query}` });

describe('GET /v1/songs', () => {
  it('is 503 before there is a model', async () => {
    expect((await find('?query=alpha')).json()).toMatchObject({ status: 503, code: 'MODEL_NOT_READY' });
    await test.service.begin();
  });

  it('finds songs by title and artist', async () => {
    expect((await find('?query=as%20ALP')).json()).toEqual({ modelVersion: 1, items: [{ songId: 'a', count: 40, title: 'Alpha', artist: 'The As' }] });
    expect((await find('?query=nothing')).json()).toEqual({ modelVersion: 1, items: [] });
  });

  it('lists the most played songs without a query', async () => {
    expect((await find('?limit=2')).json().items.map(({ songId }: { songId: string }) => songId)).toEqual(['a', 'b']);
    expect((await find('')).json().items).toHaveLength(4);
  });

  it.each([['?query='], [`?query=${'x'.repeat(201)}`], ['?limit=0'], ['?limit=1001'], ['?q=a']])('refuses %s', async (query) => {
    expect((await find(query)).json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});
