import type { FastifyBaseLogger } from "fastify";
import type { Service } from "../service/service.ts";
import type { ApiKey } from "./security/keys.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { ResponseCache } from "./response-cache.ts";
import type { SearchQueue } from "./search-queue.ts";

/** The service, and what the program adds. */
export interface AppDeps extends Omit<Service, "begin" | "close"> {
  /** Version of song2vec. */
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  /** Whether the server is shutting down: it reports not ready and closes connections. */
  readonly stopping?: () => boolean;
  /** Path prefix of the service behind a proxy, as `/music`; default: none. */
  readonly basePath?: string | undefined;
  /** Default: no keys, requests from this machine only. */
  readonly guard?: Partial<Guard>;
}

/** Dependencies of the routes. */
export interface RouteDeps extends AppDeps {
  readonly metrics: Metrics;
  /** For similar songs, paths and recommendations. */
  readonly cache: ResponseCache;
  /** Limits concurrent searches. */
  readonly searchQueue: SearchQueue;
}

/** Access control and limits. */
export interface Guard {
  readonly keys: readonly ApiKey[];
  /** Origins of web pages that may call the service. */
  readonly corsOrigins: readonly string[];
  /** Networks of proxies whose `X-Forwarded-For` is trusted, as CIDR. */
  readonly trustedProxies: readonly string[];
  /** Requests per minute and key; undefined: unlimited. */
  readonly rateLimit: number | undefined;
  /** Seconds that a client may take to send a request. */
  readonly requestSeconds: number;
  /** Event loop delay in milliseconds, averaged over a second, above which requests are rejected; 0: unlimited. */
  readonly longestDelay: number;
}

export const openGuard: Guard = {
  keys: [],
  corsOrigins: [],
  trustedProxies: [],
  rateLimit: undefined,
  requestSeconds: 10,
  longestDelay: 500,
};
