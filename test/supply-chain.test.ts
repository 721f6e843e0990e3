import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string) => readFileSync(`${root}${file}`, "utf8");

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly link?: boolean;
}
/** Dependencies of this package and of its workspace, without these two. */
const locked: [string, Locked][] = Object.entries<Locked>(JSON.parse(read("package-lock.json")).packages).filter(
  ([path, { link }]) => path !== "" && path !== "test/clients" && !link,
);
const shipped = locked.filter(([, { dev }]) => !dev);
const without = (packages: typeof locked, fits: (entry: Locked) => unknown) =>
  packages.filter(([, entry]) => !fits(entry)).map(([path, entry]) => `${path} ${entry.license ?? ""}`);

/** Licences whose only condition is to keep their text. */
const permissive =
  /^(MIT|MIT-0|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|BlueOak-1\.0\.0|Unlicense|CC0-1\.0|Python-2\.0|Zlib|\((MIT|BSD-\d-Clause) (OR|AND) [\w. -]+\))$/;

describe("every dependency", () => {
  it("is locked with a hash", () => {
    expect(without(locked, ({ integrity }) => integrity?.startsWith("sha512-"))).toEqual([]);
  });

  it("that is shipped has a permissive licence", () => {
    expect(shipped.length).toBeGreaterThan(50);
    expect(without(shipped, ({ license }) => permissive.test(license ?? ""))).toEqual([]);
  });

  it("for development has a permissive licence or the MPL 2.0", () => {
    expect(without(locked, ({ license }) => permissive.test(license ?? "") || license === "MPL-2.0")).toEqual([]);
  });

  it("that is shipped has no install script", () => {
    expect(without(shipped, ({ hasInstallScript }) => !hasInstallScript)).toEqual([]);
  });

  it("has the same licence in its package.json as in the lock file", () => {
    const installed = shipped.flatMap(([path, { license }]) =>
      globSync(`${root}${path}/package.json`).map((file) => [
        path,
        JSON.parse(readFileSync(file, "utf8")).license,
        license,
      ]),
    );
    expect(installed.length).toBeGreaterThan(50);
    expect(installed.filter(([, own, lock]) => own !== lock)).toEqual([]);
  });

  it("is locked without the address of a registry", () => {
    expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it("is pinned to one version", () => {
    for (const file of ["package.json", "test/clients/package.json"]) {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(file));
      const ranges = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
        ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
      );
      expect(ranges).toEqual([]);
    }
  });
});

describe("the package", () => {
  it("has no install script", () => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
    expect(scripts.filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });
});
