import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { slug } from "../../docs/regions/routes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...globSync("docs/**/*.md", { cwd: root })].filter(
  (page) => existsSync(join(root, page)),
);

/** The text of a page outside its code blocks. */
function proseOf(page: string): string {
  return readFileSync(join(root, page), "utf8").replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "");
}

/** The anchors of a page: of its headings, numbered where they repeat, and those set by hand. */
function anchorsOf(page: string): Set<string> {
  const prose = proseOf(page);
  const anchors = new Set([...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id));
  for (const [, heading = ""] of prose.matchAll(/^#+ +(.+)$/gm)) {
    const base = slug(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
    let anchor = base;
    for (let repeats = 1; anchors.has(anchor); repeats++) anchor = `${base}-${repeats}`;
    anchors.add(anchor);
  }
  return anchors;
}

function linksOf(page: string): string[] {
  const found = [...proseOf(page).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
  return found.filter((target) => !/^[a-z]+:/.test(target));
}

/** What is wrong with a link; undefined where it resolves. */
function problemOf(page: string, target: string): string | undefined {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? join(root, page) : resolve(root, dirname(page), path);
  if (!existsSync(file)) return `${page}: ${target}: no such file`;
  if (anchor === undefined || !statSync(file).isFile()) return undefined;
  return anchorsOf(relative(root, file)).has(anchor) ? undefined : `${page}: ${target}: no such anchor`;
}

it("every relative link and anchor of README, CONTRIBUTING and docs resolves", () => {
  const problems = pages.flatMap((page) => linksOf(page).map((target) => problemOf(page, target)));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});

it("every file of the project that is named in code exists", () => {
  const missing = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/`((?:src|test|docs|openapi)\/[\w./-]+)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${page}: ${path}`),
  );
  expect(missing).toEqual([]);
});

it("every page of docs is linked from docs/README.md", () => {
  const index = new Set(linksOf("docs/README.md").map((target) => join("docs", target.split("#")[0] ?? "")));
  const missing = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md" && !index.has(page));
  expect(missing).toEqual([]);
});

it("the README has at most 200 lines", () => {
  expect(readFileSync(join(root, "README.md"), "utf8").split("\n").length - 1).toBeLessThanOrEqual(200);
});
