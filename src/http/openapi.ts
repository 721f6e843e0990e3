import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { openRoutes } from "./security/access.ts";

const description = `Learns one vector per song from playlists, answers what is like a song and what fits a playlist, and retrains itself.
Errors are RFC 9457 problem details with a stable \`code\`.`;

const key = {
  type: "http",
  scheme: "bearer",
  description: "An API key. Without any the service is open to its own machine.",
} as const;

/** The OpenAPI 3.1 document at /openapi.json, and a page to read and try it at /docs; both work offline. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "song2vec", version, description, license: { name: "MIT", identifier: "MIT" } },
      components: { securitySchemes: { key } },
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      const { access = "open", streamedBody } = route.route.config ?? {};
      const documented = streamedBody ? { ...schema, body: streamedBody } : schema;
      return {
        url,
        schema: access === "open" ? documented : { ...documented, security: [{ key: [] }], "x-role": access },
      };
    },
    transformObject: (input) => {
      const document = jsonSchemaTransformObject(input);
      if ("components" in document && document.components?.schemas) sortByName(document.components.schemas);
      return document;
    },
  });
  await app.register(async (pages) => {
    openRoutes(pages);
    await pages.register(swaggerUi, { routePrefix: "/docs", staticCSP: true, uiConfig: { tryItOutEnabled: true } });
  });
  app.get("/openapi.json", { config: { access: "open" }, schema: { hide: true } }, () => app.swagger());
}

/** So that no import changes the order. */
function sortByName(schemas: object): void {
  const sorted = Object.entries(schemas).toSorted(([one], [other]) => (one < other ? -1 : 1));
  for (const [name] of sorted) Reflect.deleteProperty(schemas, name);
  Object.assign(schemas, Object.fromEntries(sorted));
}
