import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { etagField, finishDocument, optionalBodyField } from "./openapi-document.ts";
import { openRoutes } from "./security/access.ts";

const description = `song2vec learns a vector for each song from playlists. It finds similar songs,
recommends songs for a playlist, and retrains itself without downtime.

The examples use song ids of the synthetic sample that \`npm start\` trains on.

Find songs similar to a song:

\`\`\`sh
curl 'http://127.0.0.1:3000/v1/songs/13346/similar?limit=3'
\`\`\`

Recommend songs for a playlist:

\`\`\`sh
curl http://127.0.0.1:3000/v1/recommendations \\
  -H 'content-type: application/json' \\
  -d '{"songs": ["13346", "14597", "11681"], "limit": 3}'
\`\`\`

Start a training job:

\`\`\`sh
curl http://127.0.0.1:3000/v1/training-jobs \\
  -H 'content-type: application/json' \\
  -d '{"hyperparameters": {"epochs": 5}}'
\`\`\`

Requests and responses are JSON. Unknown fields and parameters are rejected. Errors are RFC 9457 problem details
(\`application/problem+json\`) with a stable \`code\`. If the service has API keys, send one with each request:
\`Authorization: Bearer <key>\`. Every response has an \`X-Request-Id\` header, which is also in the log.`;

/** In the order in which a new user needs them. */
const tags = [
  { name: "recommendations", description: "Songs that fit a playlist, or a group of listeners" },
  { name: "songs", description: "Similar songs, search by title or artist, and cold-start songs" },
  { name: "playlists", description: "Stored playlists. Each training job trains on them too" },
  { name: "training jobs", description: "Train a new model version and activate it. One job runs at a time" },
  { name: "tuning jobs", description: "Search for better hyperparameters within a time budget" },
  { name: "models", description: "Model versions: list, activate, roll back, delete, export and compare" },
  { name: "status", description: "State of the service, and metrics for Prometheus" },
  { name: "health", description: "Probes for a load balancer or an orchestrator" },
];

const apiKey = {
  type: "http",
  scheme: "bearer",
  description:
    "An API key. Each key has a role: `reader`, `writer` or `admin`. Without keys, the service needs none " +
    "and accepts requests from its own machine only.",
} as const;

/**
 * Serves the OpenAPI 3.1 document at /openapi.json and its page at /docs. Both work offline.
 * @param basePath path prefix of the service behind a proxy; empty without one
 */
export async function registerOpenApi(app: FastifyInstance, version: string, basePath: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "song2vec", version, description, license: { name: "MIT", identifier: "MIT" } },
      servers: [
        { url: basePath || "/", description: "The server of this document" },
        ...(basePath === "" ? [{ url: "http://127.0.0.1:3000", description: "The default address" }] : []),
      ],
      tags,
      components: { securitySchemes: { apiKey } },
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      const { access = "open", streamedBody, optionalBody, hasEtag } = route.route.config ?? {};
      const { mediaTypes: _mediaTypes, ...body } = streamedBody ?? {};
      const documented = {
        ...schema,
        ...(streamedBody && { body }),
        ...(optionalBody && { [optionalBodyField]: true }),
        ...(hasEtag && { [etagField]: true }),
      };
      if (access === "open") return { url, schema: { ...documented, security: [] } };
      const role = `Required role: \`${access}\`.`;
      const text = documented.description ? `${documented.description}\n\n${role}` : role;
      return { url, schema: { ...documented, description: text, security: [{ apiKey: [] }], "x-role": access } };
    },
    transformObject: (input) => finishDocument(jsonSchemaTransformObject(input)),
  });
  await app.register(async (pages) => {
    openRoutes(pages);
    await pages.register(swaggerUi, {
      routePrefix: "/docs",
      indexPrefix: ".", // relative links, which work behind a proxy with a path prefix
      staticCSP: true,
      transformStaticCSP: (header) =>
        header
          .replace("upgrade-insecure-requests;", "") // served over plain HTTP
          .replace("style-src 'self' https:", "$& 'unsafe-inline'"), // of the icons
      uiConfig: { tryItOutEnabled: true },
    });
  });
  app.get("/openapi.json", { config: { access: "open" }, schema: { hide: true } }, () => app.swagger());
}
