import type { FastifyBaseLogger } from "fastify";
import type { Service } from "../service/service.ts";
import type { ApiKey } from "./security/keys.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { ResponseCache } from "./response-cache.ts";
import type { SearchQueue } from "./search-queue.ts";

/** What the service produces, and what the program adds. */
export interface AppDeps extends Omit<Service, "begin" | "close"> {
  /** Of song2vec. */
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  /** Whether the server is about to stop: it is not ready any more, and asks its clients to go elsewhere. */
  readonly stopping?: () => boolean;
  /** Without it the service is open, to its own machine. */
  readonly guard?: Partial<Guard>;
}

/** What the routes share beside it. */
export interface RouteDeps extends AppDeps {
  readonly metrics: Metrics;
  /** Of `similar`, paths and recommendations. */
  readonly cache: ResponseCache;
  /** In front of every search. */
  readonly searchQueue: SearchQueue;
}

/** Who is let in, from where, and how slowly. */
export interface Guard {
  readonly keys: readonly ApiKey[];
  /** Web pages of these origins may use the service. */
  readonly corsOrigins: readonly string[];
  /** Networks whose word on a client's address is taken, as CIDR. */
  readonly trustedProxies: readonly string[];
  /** Requests a minute of a key. */
  readonly rateLimit: number | undefined;
  /** How long a client may take to send a request. */
  readonly requestSeconds: number;
  /** Mean milliseconds, over a second, that the event loop may be late before requests are turned away; 0 for any number. */
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
