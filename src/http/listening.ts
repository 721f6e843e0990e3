import type { Server } from "node:http";
import { type AddressInfo, createServer, type Server as SocketServer } from "node:net";
import type { FastifyInstance } from "fastify";
import { createError } from "../errors.ts";

interface Place {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/**
 * Node accepts one connection of a socket in each turn of its event loop. Where turns are long, since much is asked for, clients with new
 * connections would wait for seconds, unseen, while those that are served, or turned away, are served at once. So it listens by
 * several sockets, among which the system deals connections out, where it can.
 */
const sockets = process.platform === "linux" ? 16 : 1;

/** @throws PORT_UNAVAILABLE */
export async function listen(app: FastifyInstance, place: Place): Promise<void> {
  try {
    const reusePort = sockets > 1 && (await canShare(place.host));
    if (reusePort) await occupyOnce(place); // sockets that share a port do not say that somebody else's share it too
    const shared = { ...place, reusePort };
    await app.listen(shared);
    if (reusePort) await acceptMore(app.server, { ...shared, port: portOf(app.server) });
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "EADDRINUSE" ? "the port is in use" : String(error);
    throw createError("PORT_UNAVAILABLE", { host: place.host, port: place.port, reason }, { cause: error });
  }
}

/** Not all that calls itself Linux can. */
async function canShare(host: string): Promise<boolean> {
  const server = createServer();
  try {
    await startListening(server, { host, port: 0, reusePort: true });
    return true;
  } catch {
    return false;
  } finally {
    if (server.listening) await closing(server);
  }
}

async function occupyOnce(place: Place): Promise<void> {
  if (place.port === 0) return;
  const server = createServer();
  await startListening(server, place);
  await closing(server);
}

/** Hands a server the connections of further sockets, which close with it: that waits for theirs too then. */
async function acceptMore(server: Server, place: Place & { readonly reusePort: boolean }): Promise<void> {
  const others = Array.from({ length: sockets - 1 }, () =>
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit("connection", socket)),
  ); // as an HTTP server makes its own
  const close = server.close.bind(server);
  server.close = (done) => {
    const closed = others.filter(({ listening }) => listening).map(closing);
    return close((error) => void Promise.all(closed).then(() => done?.(error)));
  };
  for (const other of others) await startListening(other, place);
}

function startListening(server: SocketServer, place: Place & { readonly reusePort?: boolean }): Promise<void> {
  return new Promise((resolve, reject) => server.once("error", reject).listen(place, resolve));
}

function closing(server: SocketServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
