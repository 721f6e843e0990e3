import { fastify } from "fastify";
import { expect, it } from "vitest";
import { registerConsole } from "../../src/http/console.ts";

it("says at / that the console is not built, where it is not", async () => {
  const app = fastify();
  await registerConsole(app, "", "/no/such/folder");
  const { statusCode, headers, body } = await app.inject("/");
  expect([statusCode, headers["content-type"]]).toEqual([200, "text/plain; charset=utf-8"]);
  expect(body).toContain("npm run build");
  expect((await app.inject("/models")).statusCode).toBe(404);
});
