import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestService, hostileIds, type TestService } from '../helpers/service.ts';

let test: TestService;

beforeAll(async () => {
  test = await createTestService();
  await test.service.begin();
});
afterAll(() => test.close());

const get = (url: string, headers: Record<string, string> = {}) => test.app.inject({ url, headers });
const urls = ['/v1/songs/3/similar?limit=5', '/v1/songs/3', ...hostileIds.filter((id) => id !== '..').map((id) => `/v1/songs/${encodeURIComponent(id)}/similar`)];

describe('an answer that depends on model and URL alone', () => {
  it.each(urls)('is the same when it is asked for again: %s', async (url) => {
    const [first, second] = [await get(url), await get(url)];
    expect(first.statusCode).toBe(200);
    expect(second.body).toBe(first.body);
    expect(second.headers).toMatchObject({ 'content-type': first.headers['content-type'], etag: first.headers.etag, 'cache-control': 'private, no-cache' });
    expect(first.headers.etag).toMatch(/^"1-[\w-]{22}"$/);
  });

  it('is not sent again to who has it, whether it was asked for before or not', async () => {
    const { headers: { etag = '' } } = await get('/v1/songs/7/similar');
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await get('/v1/songs/7/similar', { 'if-none-match': header });
      expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', etag]);
    }
    expect((await get('/v1/songs/7/similar', { 'if-none-match': '"other"' })).statusCode).toBe(200);
    expect((await get('/v1/songs/8/similar', { 'if-none-match': etag })).statusCode).toBe(200);
    expect((await get('/v1/songs/7/similar?limit=9', { 'if-none-match': etag })).statusCode).toBe(200);
  });

  it('has another name with another model, and is of that model', async () => {
    const url = '/v1/songs/9/similar';
    const before = await get(url);
    const { jobId } = (await test.app.inject({ method: 'POST', url: '/v1/training-jobs', payload: { hyperparameters: { epochs: 1, vectorSize: 20 }, activate: 'always' } })).json();
    await test.service.queue.ended(jobId);
    const after = await get(url, { 'if-none-match': before.headers.etag ?? '' });
    expect(after.statusCode).toBe(200);
    expect(after.json()).toMatchObject({ modelVersion: 2 });
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });

  it('is no problem report: these are neither kept nor named', async () => {
    for (const url of ['/v1/songs/4711/similar', '/v1/songs/4711', '/v1/songs/3/similar?limit=0']) {
      for (const answer of [await get(url), await get(url)]) {
        expect(answer.statusCode).toBeGreaterThanOrEqual(400);
        expect(answer.headers.etag).toBeUndefined();
      }
    }
  });
});
