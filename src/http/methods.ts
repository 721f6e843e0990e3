import { METHODS } from "node:http";
import type { FastifyInstance } from "fastify";
import { createError } from "../errors.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Set for a route that refuses the methods a path does not have. */
    readonly refuses?: boolean;
  }
}

/**
 * Collects the paths of all routes that are added from now on.
 * @returns a function that makes all other methods of these paths respond with 405
 */
export function collectMethods(app: FastifyInstance): () => void {
  const urls = new Set<string>();
  app.addHook("onRoute", ({ url }) => void urls.add(url));

  return () => {
    for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
    urls.delete("*"); // of preflight requests
    const patterns = [...urls].map((url) => ({
      url,
      methods: app.supportedMethods.filter((method) => app.hasRoute({ method, url })),
    }));
    for (const { url } of patterns) {
      const allow = [...new Set(patterns.flatMap((other) => (covers(other.url, url) ? other.methods : [])))].toSorted();
      app.route({
        url,
        method: app.supportedMethods.filter((method) => !allow.includes(method)),
        schema: { hide: true },
        config: { access: "open", refuses: true },
        onRequest: ({ method }, _reply, done) => done(createError("METHOD_NOT_ALLOWED", { method, allow })),
        handler: () => {},
      });
    }
  };
}

/** Whether a pattern matches every path of another one: `/a/:b` covers `/a/c`. */
function covers(pattern: string, other: string): boolean {
  const [segments, others] = [pattern.split("/"), other.split("/")];
  return segments.length === others.length && segments.every((part, i) => part === others[i] || part.startsWith(":"));
}
