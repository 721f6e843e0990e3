import { describe, expect, it } from "vitest";
import { clientOf, trustNetworks } from "../../../src/http/security/client-address.ts";

const proxy = "10.0.0.1";
const client = (...ips: string[]) => clientOf({ ip: ips.at(-1) ?? "", ips });

describe("the client of a request", () => {
  it.each([
    [
      "203.0.113.8",
      ["203.0.113.8", "203.0.113.8:51234", '"203.0.113.8:1"', "::ffff:203.0.113.8", "[::ffff:203.0.113.8]:9"],
    ],
    [
      "2001:db8::", // its network of 64 bits
      [
        "2001:db8::1",
        "[2001:db8::1]",
        "[2001:db8::1]:443",
        '"[2001:db8::1]"',
        "2001:DB8:0:0:ff::2",
        "[2001:db8::7%eth0]",
      ],
    ],
    ["2001:db8:0:1::", ["2001:db8:0:1::1"]],
    ["fe80::", ["fe80::1%eth0"]],
    [proxy, ["unknown", "_hidden", "", "203.0.113.8.9", "[::1", "a.example:80"]],
  ])("is %s for %j", (expected, entries) => {
    expect(entries.map((entry) => client(proxy, entry))).toEqual(entries.map(() => expected));
  });

  it("is the nearest address that is not a proxy's, without a proxy the one of the connection", () => {
    expect(client("10.0.0.1", "10.0.0.2:443", "198.51.100.1:80")).toBe("198.51.100.1");
    expect(clientOf({ ip: "::ffff:198.51.100.1" })).toBe("198.51.100.1");
  });
});

it("proxies are trusted by address or network, with any port", () => {
  const isTrusted = trustNetworks(["10.0.0.0/8", "192.0.2.1", "fd00::/8", "2001:db8::1"]);
  const trusted = ["10.9.9.9", "10.0.0.2:443", "::ffff:10.0.0.1", "192.0.2.1", "[fd00::5]:80", "2001:db8::1"];
  expect(trusted.filter((address) => !isTrusted(address))).toEqual([]);
  expect(["11.0.0.1", "192.0.2.2:10", "2001:db8::2", "unknown", ""].filter(isTrusted)).toEqual([]);
});
