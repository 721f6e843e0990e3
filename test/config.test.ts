import { describe, expect, it } from "vitest";
import { createError } from "../src/errors.ts";
import { readConfig } from "../src/config.ts";

describe("a setting", () => {
  it.each([
    [
      "HOST",
      "host",
      [
        ["[::1]", "::1"],
        ["[::]", "::"],
        ["[fe80::1%eth0]", "fe80::1%eth0"],
        ["::1", "::1"],
        [" localhost ", "localhost"],
      ],
    ],
    [
      "BASE_PATH",
      "basePath",
      [
        ["/music", "/music"],
        ["music", "/music"],
        ["/music/", "/music"],
        ["//a/b-2/~c//", "/a/b-2/~c"],
        ["/", ""],
        ["/v1x", "/v1x"],
      ],
    ],
    [
      "CORS_ORIGINS",
      "corsOrigins",
      [
        ["*", ["*"]],
        ["https://Shop.example/", ["https://shop.example"]],
        ["http://a:80,capacitor://localhost", ["http://a", "capacitor://localhost"]],
      ],
    ],
  ] as const)("%s has one form", (env, name, cases) => {
    for (const [text, expected] of cases) expect(readConfig({}, { [env]: text })[name], text).toEqual(expected);
  });

  it.each([
    "http://a/music",
    "/a b",
    "/a?x",
    "/a#b",
    "/a//b",
    "/..",
    "/a/./b",
    "/%2e",
    "/음악",
    "/v1",
    "docs/x",
    "/health",
  ])("BASE_PATH is refused as %s", (text) =>
    expect(() => readConfig({}, { BASE_PATH: text })).toThrow(/^Invalid BASE_PATH ".*": must /),
  );

  it.each([
    ["https://Shop.example:443/", ["https://shop.example"]],
    ["http://localhost:3000, capacitor://localhost", ["http://localhost:3000", "capacitor://localhost"]],
    ["*", ["*"]],
  ])("CORS_ORIGINS=%s are %j", (text, origins) =>
    expect(readConfig({}, { CORS_ORIGINS: text }).corsOrigins).toEqual(origins),
  );

  it.each(["localhost:3000", "shop.example", "https://shop.example/app", "https://me@shop.example", "null"])(
    "CORS_ORIGINS is refused as %s",
    (text) => expect(() => readConfig({}, { CORS_ORIGINS: text })).toThrow(/expected an origin, as https:\/\/shop/),
  );

  it("HOST is shown in brackets with a port if it is an IPv6 address", () => {
    const error = (host: string) => createError("PORT_UNAVAILABLE", { host, port: 80, reason: "port in use" }).message;
    expect(error("::1")).toContain("Cannot listen on [::1]:80: port in use.");
    expect(error("localhost")).toContain("Cannot listen on localhost:80: port in use.");
  });
});
