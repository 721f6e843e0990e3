import { expect, it } from 'vitest';
import { createTestService } from '../helpers/service.ts';

function hold(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it('an event loop that is late for a second turns all away but health, until it has caught up', async () => {
  const { app, close } = await createTestService(undefined, {}, { longestDelay: 40 });
  await app.ready();
  const busy = setInterval(() => hold(120), 0);
  const until = async (status: number) => {
    for (let i = 0; i < 200; i++) {
      const response = await app.inject('/v1/models');
      if (response.statusCode === status) return response;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return expect.unreachable();
  };
  const refused = await until(503);
  expect(refused.json()).toMatchObject({ code: 'OVERLOADED' });
  expect(refused.headers['retry-after']).toBe('1');
  expect((await app.inject('/health/live')).statusCode).toBe(200);
  clearInterval(busy);
  expect((await until(200)).json()).toEqual({ items: [] });
  await close();
});
