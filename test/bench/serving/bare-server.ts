/** Baseline: a bare Fastify route with helmet that sends the content of a file for any song. Prints its address. */
import { readFileSync } from "node:fs";
import helmet from "@fastify/helmet";
import Fastify from "fastify";

const body = readFileSync(process.argv[2] ?? "", "utf8");
const app = Fastify();
await app.register(helmet);
app.get("/v1/songs/:songId/similar", (_request, reply) =>
  reply.header("content-type", "application/json; charset=utf-8").send(body),
);
console.log(`Server listening at ${await app.listen({ host: "127.0.0.1", port: 0 })}`);
