import { once } from "node:events";
import { type AddressInfo, connect, createServer, Server, type Socket } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { listen } from "../../src/http/listening.ts";

const host = "127.0.0.1";
const apps: FastifyInstance[] = [];
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function listening(app = Fastify()): Promise<{ app: FastifyInstance; port: number }> {
  apps.push(app);
  await listen(app, { host, port: 0 });
  return { app, port: (app.server.address() as AddressInfo).port };
}

async function open(port: number): Promise<Socket> {
  const client = connect({ host, port });
  clients.push(client);
  await once(client, "connect");
  return client;
}

describe("listening", () => {
  it.runIf(process.platform === "linux")("takes several connections in one turn of the event loop", async () => {
    const { app, port } = await listening();
    let turn = 0;
    const turns: number[] = [];
    app.server.on("connection", () => turns.push(turn));
    const next = () => void (turn++, turns.length < 100 && setImmediate(next));
    for (let i = 0; i < 100; i++) clients.push(connect({ host, port }));
    for (const end = performance.now() + 50; performance.now() < end;);
    setImmediate(next);
    await expect.poll(() => turns.length).toBe(100);
    expect(new Set(turns).size).toBeLessThan(50); // 100 with one socket
  });

  it("answers over each of its connections, and ends when all that is under way is answered", async () => {
    const app = Fastify();
    const gate = Promise.withResolvers<void>();
    app.get("/slow", async () => {
      await gate.promise;
      return "done";
    });
    app.get("/", async () => "here");
    const { port } = await listening(app);
    const answers = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const client = await open(port);
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        const [first] = await once(client, "data");
        return { client, text: String(first) };
      }),
    );
    for (const { text } of answers) expect(text).toMatch(/^HTTP\/1.1 200 OK[\s\S]*here$/);

    const slow = answers.slice(0, 32).map(({ client }) => {
      client.write("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      return once(client, "data");
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    let isClosed = false;
    const closed = app.close().then(() => void (isClosed = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isClosed).toBe(false);
    await expect(open(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    gate.resolve();
    for (const [text] of await Promise.all(slow)) expect(String(text)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*done$/);
    await closed;
  });

  it("is by one socket where a port can not be shared", async () => {
    const real = Server.prototype.listen;
    const asked: unknown[] = [];
    const spy = vi.spyOn(Server.prototype, "listen").mockImplementation(function (this: Server, ...args: unknown[]) {
      const [options] = args;
      const shares =
        typeof options === "object" && options !== null && "reusePort" in options && options.reusePort === true;
      if (!shares) {
        asked.push(options);
        return Reflect.apply(real, this, args);
      }
      queueMicrotask(() => this.emit("error", Object.assign(new Error("listen ENOTSUP"), { code: "ENOTSUP" })));
      return this;
    });
    onTestFinished(() => spy.mockRestore());
    const { port } = await listening();
    expect(asked).toHaveLength(1);
    await expect(open(port)).resolves.toBeDefined();
  });

  it("says that a port is in use, by whoever listens there, and how", async () => {
    const { port } = await listening();
    await expect(listen(Fastify(), { host, port })).rejects.toMatchObject({
      code: "PORT_UNAVAILABLE",
      message: expect.stringContaining("the port is in use"),
    });
    const other = createServer().listen(0, host);
    await once(other, "listening");
    await expect(listen(Fastify(), { host, port: (other.address() as AddressInfo).port })).rejects.toMatchObject({
      code: "PORT_UNAVAILABLE",
    });
    other.close();
  });
});
