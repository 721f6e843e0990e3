import type { FastifyInstance, RouteOptions } from "fastify";

/** Each may do what those before it may. */
export const roles = ["reader", "writer", "admin"] as const;
export type Role = (typeof roles)[number];

/** Who may use a route: anyone, or whoever has a key of this role or of a higher one. */
export type Access = "open" | Role;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Every route says it; docs/reference/roles.md shows it. */
    readonly access?: Access;
    /** For the document: a body that is read as it comes in, and by no schema as a whole. */
    readonly streamedBody?: {
      readonly type: "string";
      readonly description: string;
      readonly examples: readonly string[];
    };
    /** Within so many seconds a body must have come in whole; by default the `REQUEST_SECONDS` of the service. */
    readonly bodySeconds?: number;
  }
  interface FastifyInstance {
    /** Who may use what, by method and path, `GET /v1/songs/:songId`. */
    readonly access: ReadonlyMap<string, Access>;
  }
}

/** Of routes whose answers take long to make: none without a body, and only for those who run the service. */
export const laborious = { exposeHeadRoute: false, config: { access: "admin" } } as const;

/** Refuses, while the service is built, every route that does not say who may use it. */
export function requireAccess(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  const access = new Map<string, Access>();
  app.decorate("access", access);
  app.addHook("onRoute", (route) => void routes.push(route));
  app.addHook("onReady", async () => {
    for (const { method, url, config } of routes) {
      if (config?.access === undefined)
        throw new TypeError(`${[method].flat().join("|")} ${url} does not say who may use it: config.access`);
      for (const each of [method].flat()) access.set(`${each} ${url}`, config.access);
    }
  });
}

/** Opens every route of a plugin that knows nothing of access. */
export function openRoutes(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, access: "open" };
  });
}

export function mayUse(role: Role, access: Access): boolean {
  return access === "open" || roles.indexOf(role) >= roles.indexOf(access);
}
