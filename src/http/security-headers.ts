import helmet from "@fastify/helmet";
import Fastify, { type FastifyInstance } from "fastify";

const options = {
  contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } },
  strictTransportSecurity: false,
};

/** Helmet's headers on every answer. It works them out anew for each, which takes longer than many an answer does: here once. */
export async function registerSecurityHeaders(app: FastifyInstance): Promise<void> {
  const headers = await headersOf({ withHelmet: true });
  for (const name of Object.keys(await headersOf({ withHelmet: false }))) delete headers[name];
  app.addHook("onRequest", (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
}

async function headersOf({ withHelmet }: { withHelmet: boolean }) {
  const app = Fastify();
  if (withHelmet) await app.register(helmet, options);
  app.get("/", () => "");
  const { headers } = await app.inject("/");
  await app.close();
  return headers;
}
