import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";

/**
 * Serves each path with the base path too: a proxy may strip it or not.
 * @param basePath as `/music`; empty for none
 */
export function acceptBasePath(basePath: string): { rewriteUrl?: (request: IncomingMessage) => string } {
  if (basePath === "") return {};
  return {
    rewriteUrl({ url = "/" }) {
      const path = url.replace(/^https?:\/\/[^/?]*/i, ""); // of a URL in absolute form
      const rest = path.slice(basePath.length);
      if (!path.startsWith(basePath) || !/^(?:[/?]|$)/.test(rest)) return url;
      return rest.startsWith("/") ? rest : `/${rest}`;
    },
  };
}

/** Adds the base path to the Location header of every response. */
export function addBasePath(app: FastifyInstance, basePath: string): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    const location = reply.getHeader("location");
    if (typeof location === "string") void reply.header("location", basePath + location);
    done(null, payload);
  });
}
