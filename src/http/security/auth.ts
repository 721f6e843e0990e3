import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createError } from "../../errors.ts";
import { type Access, mayUse } from "./access.ts";
import type { Guard } from "../deps.ts";
import { clientOf } from "./client-address.ts";
import { type ApiKey, findKey } from "./keys.ts";

/** Without keys, requests need no key, but their Host must be an IP address or a name of this machine. */
export type AuthOptions = Pick<Guard, "keys" | "rateLimit">;

declare module "fastify" {
  interface FastifyRequest {
    /** The key of the request; null if there is none. */
    apiKey: ApiKey | null;
  }
}

const failuresPerMinute = 20;
const maxCachedAddresses = 50_000;

/** Authenticates requests by their API key, checks its role, and applies the rate limits. */
export async function registerAuth(app: FastifyInstance, { keys, rateLimit: perMinute }: AuthOptions): Promise<void> {
  app.decorateRequest("apiKey", null);
  await app.register(rateLimit, {
    global: false,
    cache: maxCachedAddresses,
    timeWindow: "1 minute",
    keyGenerator: clientOf,
  });
  const countFailure = app.createRateLimit({ max: failuresPerMinute });
  const count =
    perMinute === undefined
      ? undefined
      : app.createRateLimit({ max: perMinute, keyGenerator: (request) => request.apiKey?.name ?? clientOf(request) });

  async function authenticate(request: FastifyRequest, presented: string): Promise<ApiKey> {
    const key = findKey(keys, presented); // before the count: others may share the address of a client
    if (key) return key;
    const failures = await countFailure(request);
    if (!failures.isAllowed && failures.isExceeded)
      throw createError("RATE_LIMITED", {
        what: "failed keys",
        limit: failuresPerMinute,
        retryAfter: failures.ttlInSeconds,
      });
    throw createError("UNAUTHENTICATED", { presented: true });
  }

  async function authorize(request: FastifyRequest, access: Access): Promise<void> {
    const presented = bearerOf(request.headers.authorization);
    if (presented === undefined) throw createError("UNAUTHENTICATED", { presented: false });
    const key = await authenticate(request, presented);
    request.apiKey = key;
    if (!mayUse(key.role, access)) throw createError("FORBIDDEN", { role: key.role, needed: access });
  }

  async function authorizeAndCount(request: FastifyRequest, access: Access): Promise<void> {
    if (keys.length > 0) await authorize(request, access);
    const used = await count?.(request);
    if (used && !used.isAllowed && used.isExceeded)
      throw createError("RATE_LIMITED", { what: "requests", limit: used.max, retryAfter: used.ttlInSeconds });
  }

  app.addHook("onRequest", (request, _reply, done) => {
    const isUnrouted = request.is404 || request.routeOptions.url === "*"; // the latter for preflight requests
    const access = isUnrouted ? "open" : (request.routeOptions.config.access ?? "admin");
    if (access === "open") return done();
    if (keys.length === 0 && (isPublicName(request.hostname) || isForwarded(request)))
      return done(createError("HOST_REFUSED", { host: request.hostname }));
    if (keys.length === 0 && !count) return done();
    authorizeAndCount(request, access).then(() => done(), done);
  });
}

function bearerOf(authorization = ""): string | undefined {
  return /^bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
}

/** Whether a host name is public. A web page of that name could use DNS rebinding to reach this service. */
function isPublicName(hostname: string): boolean {
  return hostname.includes(".") && !/^([\d.]+|\[.*)$/.test(hostname) && !/(^|\.)localhost\.?$/i.test(hostname);
}

/** Whether an unknown proxy forwards the request for another machine. */
function isForwarded({ headers, ips }: FastifyRequest): boolean {
  return ips === undefined && (headers["x-forwarded-for"] ?? headers["forwarded"]) !== undefined;
}
