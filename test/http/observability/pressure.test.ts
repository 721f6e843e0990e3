import { expect, it } from "vitest";
import { request } from "../../helpers/http.ts";
import { createTrainedService } from "../../helpers/service.ts";

function hold(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it("a delayed event loop rejects all requests except health checks, until it recovers", async () => {
  const { app, close } = await createTrainedService({}, { longestDelay: 40 });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const known = () => request(Number(port), "/v1/songs/3/similar");
  expect((await known()).status).toBe(200);
  const busy = setInterval(() => hold(120), 0);
  const until = async (status: number) => {
    for (let i = 0; i < 200; i++) {
      const response = await app.inject("/v1/models");
      if (response.statusCode === status) return response;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return expect.unreachable();
  };
  const refused = await until(503);
  expect(refused.json()).toMatchObject({ code: "OVERLOADED" });
  expect(refused.headers["retry-after"]).toBe("1");
  expect((await app.inject("/health/live")).statusCode).toBe(200);
  expect((await known()).status).toBe(503);
  clearInterval(busy);
  expect((await until(200)).json()).toMatchObject({ items: [{ version: 1 }] });
  expect((await known()).status).toBe(200);
  await close();
});
