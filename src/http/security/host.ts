import type { FastifyInstance } from "fastify";
import { createError } from "../../errors.ts";

const hostAndPort = /^(?:\[[\w:.%]+\]|[\w.~-]+)(?::(\d{0,5}))?$/;
const maxPort = 65_535;

/** Requires one valid Host header (RFC 9112, 3.2). Only HTTP/1.0 has requests without one. */
export function requireHost(app: FastifyInstance): void {
  app.addHook("onRequest", ({ raw: { httpVersion, rawHeaders, headers } }, _reply, done) => {
    const { host } = headers;
    const lines = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host").length;
    if (lines === 1 && isValid(host)) return done();
    if (lines === 0 && httpVersion === "1.0") return done();
    const problem = lines === 0 ? "missing" : lines === 1 ? `${JSON.stringify(host)} invalid` : `sent ${lines} times`;
    done(createError("BAD_REQUEST", { reason: `Host header ${problem}. Send one with a host name or an address.` }));
  });
}

function isValid(host = ""): boolean {
  const parts = hostAndPort.exec(host);
  return parts !== null && Number(parts[1] ?? 0) <= maxPort;
}
