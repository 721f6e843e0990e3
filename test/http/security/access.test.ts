import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roles } from "../../../src/http/schemas/roles.ts";
import { type Access, mayUse } from "../../../src/http/security/access.ts";
import { parseKeys } from "../../../src/http/security/keys.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";

const keyOf = { reader: "a-key-to-read", writer: "a-key-to-write", admin: "a-key-for-all" };
const callers = ["none", ...roles] as const;
type Caller = (typeof callers)[number];

/** The table of docs/reference/roles.md: the access of each role, by method and path. */
const table = new Map(
  [
    ...readFileSync(new URL("../../../docs/reference/roles.md", import.meta.url), "utf8").matchAll(
      /^\| `([A-Z]+) (\/\S*)` +\| (yes|–) +\| (yes|–) +\| (yes|–) +\| (yes|–) +\|$/gm,
    ),
  ].map(([, method, path, ...cells]) => [
    `${method} ${path?.replaceAll(/\{(\w+)\}/g, ":$1")}`,
    new Map(callers.map((caller, i) => [caller, cells[i] === "yes"])),
  ]),
);

let test: TestService;
beforeAll(async () => {
  const keys = parseKeys(roles.map((role) => `${role}:${keyOf[role]}`).join("\n"));
  test = await createTestService(undefined, {}, { keys });
  await test.app.ready();
});
afterAll(() => test.close());

/** The table has one line for the pages of a plugin. It has none for HEAD, which follows GET. */
const lineOf = (route: string) =>
  route.replace(/^GET \/docs.*/, "GET /docs").replace(/^GET \/(song|models|training|status|assets\/\*)$/, "GET /");
const registered = () => [...test.app.access.keys()].filter((route) => !route.startsWith("HEAD ")).map(lineOf);

describe("every route × every role", () => {
  it("is in the table of docs/reference/roles.md, and nothing else is", () => {
    expect([...table.keys()].toSorted()).toEqual([...new Set(registered())].toSorted());
  });

  it("permits exactly what the table says", async () => {
    const cells: string[] = [];
    for (const route of test.app.access.keys()) {
      const [method = "", path = ""] = route.split(" ");
      const url = path.replaceAll(/:\w+|\*/g, "x");
      for (const caller of callers) {
        const headers = caller === "none" ? {} : { authorization: `Bearer ${keyOf[caller]}` };
        const { statusCode } = await test.app.inject({ method: method as "GET", url, headers });
        const expected = table.get(lineOf(route.replace("HEAD ", "GET ")))?.get(caller);
        const refused = caller === "none" ? 401 : 403;
        if ((statusCode !== refused) !== expected)
          cells.push(`${route} × ${caller}: ${statusCode}, the table says ${expected ? "yes" : "–"}`);
      }
    }
    expect(cells).toEqual([]);
  });

  it("grants each role everything that the roles below it may do", () => {
    const may = (caller: Caller, access: Access) => (caller === "none" ? access === "open" : mayUse(caller, access));
    for (const [route, access] of test.app.access) {
      const row = callers.map((caller) => may(caller, access));
      expect(row, route).toEqual(row.toSorted());
    }
  });

  it("refuses to start with a route without config.access", async () => {
    const other = await createTestService();
    other.app.get("/v1/secret", () => "secret");
    await expect(other.app.ready()).rejects.toThrow("GET /v1/secret has no config.access");
    await other.service.close();
  });
});
