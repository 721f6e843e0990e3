import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { openRoutes } from "./security/access.ts";

/** Folder of the built page, beside the compiled program. */
const builtFolder = fileURLToPath(
  new URL(extname(import.meta.url) === ".ts" ? "../../dist/console" : "../console", import.meta.url),
);
/** Paths of its views. */
const views = ["/", "/song", "/models", "/training", "/status"];
const contentSecurityPolicy = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src", "base-uri"].map((directive) => `${directive} 'self'`),
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const notBuilt = `song2vec runs, but its console is not built: run "npm run build".\nThe API is documented at /docs.\n`;

/**
 * Serves the console, a page that uses the API only. Without it the service runs, and says so at `/`.
 * @param basePath path prefix of the service behind a proxy; empty without one
 */
export async function registerConsole(app: FastifyInstance, basePath: string, folder = builtFolder): Promise<void> {
  const isBuilt = existsSync(join(folder, "index.html"));
  /** Read for each request: a new build replaces the files that an older page refers to. */
  const readPage = async () =>
    isBuilt
      ? (await readFile(join(folder, "index.html"), "utf8")).replace('<base href="/"', `<base href="${basePath}/"`)
      : notBuilt;
  await app.register(async (console) => {
    openRoutes(console);
    for (const url of isBuilt ? views : ["/"])
      console.get(url, { schema: { hide: true } }, async (_request, reply) =>
        reply
          .type(isBuilt ? "text/html; charset=utf-8" : "text/plain; charset=utf-8")
          .header("cache-control", "no-cache")
          .header("content-security-policy", contentSecurityPolicy)
          .send(await readPage()),
      );
    if (isBuilt)
      await console.register(fastifyStatic, {
        root: join(folder, "assets"),
        prefix: "/assets/",
        index: false,
        preCompressed: true,
        immutable: true,
        maxAge: "1y",
        schemaHide: true,
        decorateReply: false,
      });
  });
}
