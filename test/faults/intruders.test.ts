import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { startBuiltService } from "../helpers/built-service.ts";
import { isFull, report } from "../helpers/fault-form.ts";
import { request, requestServed } from "../helpers/http.ts";

describe("row 22: path tricks", () => {
  const tricks = [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fmodels",
    "..%5c..%5cwindows",
    "%00",
    "1%00.json",
    "1%2f..%2f2",
    "%252e%252e%252f",
    "file:%2f%2f%2fetc%2fpasswd",
    "~root",
    "1;id",
    "$(id)",
    "%0d%0aX-Injected:%20yes",
    "__proto__",
    "CON",
    "1".repeat(5000),
  ];
  const routes = [
    "/v1/training-jobs/*",
    "/v1/models/*",
    "/v1/models/*/export",
    "/v1/playlists/*",
    "/v1/playlists/*/recommendations",
    "/docs/static/*",
    "/*",
  ];

  it("open no file outside of the data directory, and leak nothing", async () => {
    const { port, dataDir, output } = await startBuiltService();
    const wrong: unknown[] = [];
    for (const route of routes) {
      for (const trick of tricks) {
        const { status, body, headers } = await requestServed(port, route.replace("*", trick));
        if (status < 400 || status >= 500) wrong.push([route, trick, status]);
        if (/root:|node_modules|\.[jt]s:\d/.test(body) || body.includes(dataDir) || headers["x-injected"] !== undefined)
          wrong.push([route, trick, body]);
      }
    }
    expect(wrong).toEqual([]);
    expect(output()).not.toMatch(/ENOENT|EACCES|EISDIR|ENOTDIR/);
  });
});

describe("row 24: guessing keys", () => {
  it("gets 429 after 20 failures per minute, and blocks no valid key; the log has no keys", async () => {
    const tries = isFull ? 10_000 : 1000;
    const environment = { API_KEYS: "reader:the-right-key,admin:another-right-key", LOG_LEVEL: "trace" };
    const { port, output, errors } = await startBuiltService({ environment });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const use = (key: string) =>
      requestServed(port, "/v1/models", { agent, headers: { authorization: `Bearer ${key}` } });
    expect((await use("the-right-key")).status).toBe(200);
    const statuses: Record<number, number> = {};
    for (let i = 0; i < tries; i += 50) {
      for (const { status } of await Promise.all(Array.from({ length: 50 }, (_, k) => use(`guess-${i + k}`))))
        statuses[status] = (statuses[status] ?? 0) + 1;
    }
    const [late, right] = [await use("guess-late"), await use("the-right-key")];
    agent.destroy();
    report(24, { tries, "401": statuses[401] ?? 0, "429": statuses[429] ?? 0 });
    expect(statuses).toEqual({ 401: 20, 429: tries - 20 });
    expect([late.status, Number(late.headers["retry-after"]) > 0, right.status]).toEqual([429, true, 200]);
    expect((await request(port, "/health/live")).status).toBe(200);
    expect(output() + errors()).not.toMatch(/right-key|guess-/);
  });

  it("is not needed: a service on a public address prints its generated key once", async () => {
    const { port, output, errors } = await startBuiltService({ environment: { HOST: "0.0.0.0" } });
    const key = /^ {4}(\S{32})$/m.exec(errors())?.[1] ?? "";
    const start = (authorization: string) =>
      request(port, "/v1/training-jobs", { json: { hyperparameters: { epochs: 0 } }, headers: { authorization } });
    expect([
      (await start("")).status,
      (await start("Bearer wrong")).status,
      (await start(`Bearer ${key}`)).status,
    ]).toEqual([401, 401, 400]);
    expect(output()).not.toContain(key);
  });
});
