import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Guard } from '../../src/http/deps.ts';
import { parseKeys } from '../../src/http/keys.ts';
import { createTestService, type TestService } from '../helpers/service.ts';

const running: TestService[] = [];
afterAll(async () => {
  for (const test of running) await test.close();
});

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The lane writes its names of headers in small letters, the server does not write all of its own so. */
  readonly byLane: boolean;
}
type Ask = (path: string, headers?: Record<string, string>, method?: string, body?: string) => Promise<Answered>;

async function serve(guard: Partial<Guard> = {}): Promise<Ask> {
  const test = await createTestService(undefined, {}, guard);
  const { app, service } = test;
  running.push(test);
  await service.begin();
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  return (path, headers = {}, method = 'GET', body = '') =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, byLane: response.rawHeaders.includes('date') }));
      });
      sent.once('error', reject).end(body);
    });
}

const url = '/v1/songs/3/similar?limit=5';
const shared = ({ headers: { date, 'x-request-id': id, ...rest }, status, body }: Answered) => ({ status, body, headers: rest, dated: typeof date, id: typeof id });
const countOf = async (ask: Ask) => Number(/http_requests_total\{method="GET",route="\/v1\/songs\/:songId\/similar",status="200"\} (\d+)/.exec((await ask('/metrics')).body)?.[1] ?? 0);

describe('what was asked before', () => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await serve({ corsOrigins: ['https://good.example'] });
  });

  it.each([[url], ['/v1/songs/3'], ['/v1/songs/%EB%85%B8%EB%9E%98%20%ED%95%98%EB%82%98/similar'], ['/v1/songs/3/path/9?length=4']])('is answered ahead of the framework with the same status, headers and body: %s', async (path) => {
    const first = await ask(path);
    const again = await ask(path, { 'if-none-match': '"another"' });
    const byLane = await ask(path);
    expect([first.byLane, again.byLane, byLane.byLane]).toEqual([false, false, true]);
    expect(first.status).toBe(200);
    expect(shared(byLane)).toEqual(shared(first));
    expect(shared(byLane)).toEqual(shared(again));
    expect(byLane.headers['x-request-id']).not.toBe(again.headers['x-request-id']);
  });

  it('counts as every answer does', async () => {
    const before = await countOf(ask);
    for (let i = 0; i < 5; i++) await ask(`${url}&minScore=0.01`);
    expect(await countOf(ask)).toBe(before + 5);
  });

  it('goes the long way with another method, a body, a tag of the client, or from a page', async () => {
    const { headers } = await ask(url);
    const etag = String(headers['etag']);
    expect((await ask(url)).byLane).toBe(true);
    expect(await ask(url, { 'if-none-match': etag })).toMatchObject({ status: 304, byLane: false });
    expect(await ask(url, {}, 'HEAD')).toMatchObject({ status: 200, body: '', byLane: false });
    expect(await ask(url, { 'content-length': '2' }, 'GET', '{}')).toMatchObject({ byLane: false });
    expect((await ask(url, { origin: 'https://good.example' })).headers['access-control-allow-origin']).toBe('https://good.example');
    expect((await ask(url)).headers).toMatchObject({ vary: 'Origin' });
  });

  it('is that of the model that serves', async () => {
    const { service, app } = running[0] ?? expect.unreachable();
    await ask(url);
    const old = await ask(url);
    const { jobId } = (await app.inject({ method: 'POST', url: '/v1/training-jobs', payload: { hyperparameters: { epochs: 1, vectorSize: 20 }, activate: 'always' } })).json();
    await service.queue.ended(jobId);
    const [first, again] = [await ask(url), await ask(url)];
    expect([old.byLane, first.byLane, again.byLane]).toEqual([true, false, true]);
    expect(JSON.parse(again.body)).toMatchObject({ modelVersion: 2 });
    expect(JSON.parse(old.body)).toMatchObject({ modelVersion: 1 });
  });

  it('is refused to a web page that came by a foreign name', async () => {
    await ask(url);
    for (const host of ['evil.example', 'evil.example:3000', 'evil.example:x.localhost']) expect(await ask(url, { host })).toMatchObject({ status: 403, byLane: false });
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:80', 'song2vec']) expect(await ask(url, { host })).toMatchObject({ status: 200, byLane: true });
  });
});

describe('with keys, what was asked before', () => {
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  it('is answered to those alone who may have it', async () => {
    const ask = await serve({ keys: parseKeys('reader:right') });
    await ask(url, bearer('right'));
    expect(await ask(url, bearer('right'))).toMatchObject({ status: 200, byLane: true });
    expect((await ask(url)).status).toBe(401);
    expect((await ask(url, bearer('wrong'))).status).toBe(401);
    expect(await ask(url, bearer('right'))).toMatchObject({ status: 200, byLane: false });
  });

  it('tells somebody who guesses keys nothing', async () => {
    const ask = await serve({ keys: parseKeys('reader:right') });
    for (let i = 0; i < 2; i++) await ask(url, bearer('right'));
    for (let i = 0; i < 20; i++) expect((await ask(url, bearer(`wrong-${i}`))).status).toBe(401);
    expect((await ask(url, bearer('right'))).status).toBe(429);
  });

  it('counts against the limit of requests', async () => {
    const ask = await serve({ keys: parseKeys('reader:right'), rateLimit: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await ask(url, bearer('right'))).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });
});
