import type { FastifyInstance } from "fastify";
import type { ApiKey } from "./keys.ts";

/** One answer, as the log and the counts have it. */
export interface Answered {
  readonly requestId: string;
  readonly method: string;
  /** With its parameters, `/v1/songs/:songId`; undefined where no route was found. */
  readonly route: string | undefined;
  readonly status: number;
  readonly milliseconds: number;
  readonly key: ApiKey | null;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Milliseconds for which its answer was ready, and held. */
    heldFor: number;
  }
}

export type Ledger = (answered: Answered) => void;

/** Writes every answer of the framework into the ledger. */
export function registerLedger(app: FastifyInstance, write: Ledger): void {
  app.decorateRequest("heldFor", 0);
  app.addHook("onResponse", ({ id, method, routeOptions, apiKey, heldFor }, { statusCode, elapsedTime }, done) => {
    write({
      requestId: id,
      method,
      route: routeOptions.url,
      status: statusCode,
      milliseconds: elapsedTime - heldFor,
      key: apiKey,
    });
    done();
  });
}
