import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { defaultKeys } from "../../../src/commands/keys.ts";
import { readConfig } from "../../../src/config.ts";
import type { Guard } from "../../../src/http/deps.ts";
import { findKey, parseKeys } from "../../../src/http/security/keys.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";
import { temporaryFolder } from "../../model/small-models.ts";

let test: TestService | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

const keys = parseKeys("reader:right");
const serve = async (guard: Partial<Guard>) => {
  test = await createTestService(undefined, {}, guard);
  return test.app;
};
const asking = (key: string, rest: object = {}) => ({
  url: "/v1/models",
  headers: { authorization: `Bearer ${key}` },
  ...rest,
});

describe("keys", () => {
  it("are a role and a key, separated by commas or newlines; comments and empty lines are skipped", () => {
    const parsed = parseKeys("reader:a:b, admin:c\n# writer:x\n\nwriter:d\r\n");
    expect(parsed.map(({ name }) => name)).toEqual(["reader-1", "admin-2", "writer-3"]);
    expect(findKey(parsed, "a:b")?.role).toBe("reader");
    expect(findKey(parsed, "x")).toBeUndefined();
  });

  it.each([["reader"], ["owner:secret"], ["reader:"], [":secret"], ["__proto__:secret"]])(
    "of the form %s are rejected, and not quoted",
    (text) => {
      expect(() => parseKeys(text)).toThrow("API_KEYS: key 1 is not of the form role:key");
      expect(() => parseKeys(text)).not.toThrow(/secret/);
    },
  );

  it.each([["127.0.0.1"], ["127.9.9.9"], ["localhost"], ["::1"]])("are not needed on %s", async (host) => {
    const config = readConfig({}, { HOST: host, DATA_DIR: await temporaryFolder() });
    expect(await defaultKeys(config, () => expect.unreachable())).toEqual([]);
  });

  it.each([["0.0.0.0"], ["::"], ["10.0.0.1"], ["example.org"], ["127.evil.example"]])(
    "are generated on %s: one, shown once, stored as a hash",
    async (host) => {
      const folder = await temporaryFolder();
      const config = readConfig({}, { HOST: host, DATA_DIR: folder });
      let shown = "";
      const [made] = await defaultKeys(config, (text) => (shown += text));
      const key = /^ {4}(\S{32})$/m.exec(shown)?.[1] ?? "";
      expect(made?.role).toBe("admin");
      expect(await defaultKeys(config, () => expect.unreachable())).toEqual([made]);
      expect(findKey([made ?? expect.unreachable()], key)).toBe(made);
      expect(await readFile(join(folder, "admin-key.sha256"), "utf8")).not.toContain(key);
    },
  );
});

describe("guessing a key", () => {
  it("is 401 for 20 attempts per minute, then 429, and never blocks a valid key", async () => {
    const app = await serve({ keys });
    const statuses: number[] = [];
    for (let i = 0; i < 30; i++) statuses.push((await app.inject(asking(`wrong-${i}`))).statusCode);
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(10).fill(429)]);
    expect((await app.inject(asking("right"))).statusCode).toBe(200);
    const wrong = await app.inject(asking("wrong"));
    expect(wrong.json()).toMatchObject({
      code: "RATE_LIMITED",
      detail: expect.stringMatching(/^Limit of 20 failed keys per minute exceeded/),
    });
    expect(Number(wrong.headers["retry-after"])).toBeGreaterThan(50);
    expect((await app.inject(asking("wrong", { remoteAddress: "10.0.0.9" }))).statusCode).toBe(401);
    expect((await app.inject("/health/live")).statusCode).toBe(200);
  });

  it("is counted by the client address of a trusted proxy, and of no other", async () => {
    const app = await serve({ keys, trustedProxies: ["10.0.0.0/8"] });
    const from = (remoteAddress: string, forwarded: string) =>
      app.inject({
        url: "/v1/models",
        remoteAddress,
        headers: { authorization: "Bearer wrong", "x-forwarded-for": forwarded },
      });
    for (let i = 0; i < 20; i++) await from("10.1.1.1", "192.0.2.7");
    expect((await from("10.1.1.1", "192.0.2.7")).statusCode).toBe(429);
    expect((await from("10.1.1.1", "192.0.2.8")).statusCode).toBe(401);
    for (let i = 0; i < 20; i++) await from("198.51.100.1", `192.0.2.${100 + i}`);
    expect((await from("198.51.100.1", "192.0.2.200")).statusCode).toBe(429);
  });

  it("is counted by the address alone, without the port that a proxy appends", async () => {
    const app = await serve({ keys, trustedProxies: ["10.0.0.0/8"] });
    const from = async (forwarded: string) =>
      (
        await app.inject({
          url: "/v1/models",
          remoteAddress: "::ffff:10.1.1.1",
          headers: { authorization: "Bearer wrong", "x-forwarded-for": forwarded },
        })
      ).statusCode;
    const statuses: number[] = [];
    for (let i = 0; i < 24; i++) statuses.push(await from(`203.0.113.8:${51_234 + i}`));
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(4).fill(429)]);
    expect(await from("::ffff:203.0.113.8, 10.2.2.2:443")).toBe(429);
    expect(await from("203.0.113.9")).toBe(401);
  });

  it.each([["Basic cmlnaHQ="], ["Bearer"], ["Bearer "], ["right"], ["Bearer two words"]])(
    "does not accept the header %j as a key",
    async (authorization) => {
      const app = await serve({ keys });
      const response = await app.inject({ url: "/v1/models", headers: { authorization } });
      expect(response.statusCode).toBe(401);
      expect(response.headers["www-authenticate"]).toBe("Bearer");
      expect(response.body).not.toContain("words");
    },
  );
});

describe("a limit of requests", () => {
  it("applies per key, from any address", async () => {
    const app = await serve({ keys: parseKeys("reader:one,reader:two"), rateLimit: 3 });
    const send = async (key: string, remoteAddress: string) =>
      (await app.inject(asking(key, { remoteAddress }))).statusCode;
    expect([
      await send("one", "10.0.0.1"),
      await send("one", "10.0.0.2"),
      await send("one", "10.0.0.3"),
      await send("one", "10.0.0.4"),
    ]).toEqual([200, 200, 200, 429]);
    expect(await send("two", "10.0.0.1")).toBe(200);
  });
});

describe("browsers", () => {
  const preflight = {
    method: "OPTIONS",
    url: "/v1/models",
    headers: {
      origin: "https://shop.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization",
    },
  } as const;

  it("of other origins are rejected", async () => {
    const app = await serve({});
    expect((await app.inject(preflight)).headers["access-control-allow-origin"]).toBeUndefined();
    expect(
      (await app.inject({ url: "/v1/models", headers: { origin: "https://shop.example" } })).headers[
        "access-control-allow-origin"
      ],
    ).toBeUndefined();
  });

  it("of the configured origins are accepted, with their keys", async () => {
    const app = await serve({ keys, corsOrigins: ["https://shop.example"] });
    const response = await app.inject(preflight);
    expect(response.statusCode).toBe(204);
    expect(response.headers).toMatchObject({
      "access-control-allow-origin": "https://shop.example",
      "access-control-allow-headers": "authorization",
    });
    const other = await app.inject({ ...preflight, headers: { ...preflight.headers, origin: "https://evil.example" } });
    expect(other.headers["access-control-allow-origin"]).not.toBe("https://evil.example");
  });

  it("receive a content security policy, without an upgrade to https", async () => {
    const { headers } = await (await serve({})).inject("/v1/models");
    expect(headers["content-security-policy"]).toMatch(/script-src 'self';/);
    expect(headers["content-security-policy"]).not.toContain("upgrade-insecure-requests");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "SAMEORIGIN" });
    expect(headers["strict-transport-security"]).toBeUndefined();
  });

  it("that a proxy forwards are rejected by an open service, unless the proxy is trusted", async () => {
    const forwarded = { url: "/v1/models", headers: { "x-forwarded-for": "203.0.113.9" } };
    expect((await (await serve({})).inject(forwarded)).json()).toMatchObject({ status: 403, code: "HOST_REFUSED" });
    expect((await (await serve({ trustedProxies: ["127.0.0.1"] })).inject(forwarded)).statusCode).toBe(200);
  });

  it("are rejected by an open service under a public host name", async () => {
    const app = await serve({});
    const send = async (host: string) => (await app.inject({ url: "/v1/models", headers: { host } })).statusCode;
    expect([await send("rebound.example.org"), await send("rebound.example.org:3000")]).toEqual([403, 403]);
    for (const host of [
      "127.0.0.1:3000",
      "localhost:3000",
      "[::1]:3000",
      "[::ffff:127.0.0.1]",
      "app.localhost",
      "song2vec:3000",
    ])
      expect(await send(host), host).toBe(200);
  });
});
