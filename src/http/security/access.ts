import type { FastifyInstance, RouteOptions } from "fastify";
import { type Role, roles } from "../schemas/roles.ts";

/** Access to a route: `open` to everyone, or with a key of at least this role. */
export type Access = "open" | Role;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Required for every route; docs/reference/roles.md lists them. */
    readonly access?: Access;
    /** OpenAPI schema of a body that is read as a stream, without validation by a schema. */
    readonly streamedBody?: {
      /** The media types that the route takes. */
      readonly mediaTypes: readonly string[];
      readonly type: "string";
      readonly description: string;
      readonly examples: readonly string[];
    };
    /** Whether no body is the same as an empty object. */
    readonly optionalBody?: boolean;
    /** Whether successful responses have an ETag, for the OpenAPI document. */
    readonly hasEtag?: boolean;
    /** Seconds within which the body must arrive. Default: the setting `REQUEST_SECONDS`. */
    readonly bodySeconds?: number;
  }
  interface FastifyInstance {
    /** Access by method and path, as in `GET /v1/songs/:songId`. */
    readonly access: ReadonlyMap<string, Access>;
  }
}

/** Options of routes with long-running responses: no HEAD route, role admin. */
export const longRunning = { exposeHeadRoute: false, config: { access: "admin" } } as const;

/**
 * Requires `config.access` of every route.
 * @throws TypeError in `ready()` if a route has none
 */
export function requireAccess(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  const access = new Map<string, Access>();
  app.decorate("access", access);
  app.addHook("onRoute", (route) => void routes.push(route));
  app.addHook("onReady", async () => {
    for (const { method, url, config } of routes) {
      if (config?.refuses) continue;
      if (config?.access === undefined) throw new TypeError(`${[method].flat().join("|")} ${url} has no config.access`);
      for (const each of [method].flat()) access.set(`${each} ${url}`, config.access);
    }
  });
}

/** Sets the access `open` for the routes of a third-party plugin. */
export function openRoutes(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, access: "open" };
  });
}

export function mayUse(role: Role, access: Access): boolean {
  return access === "open" || roles.indexOf(role) >= roles.indexOf(access);
}
