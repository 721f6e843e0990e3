import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Folders of src and their subfolders: each imports only from those above it. Files that stand beside subfolders may import all of them. */
const folders: Readonly<Record<string, readonly string[]>> = {
  word2vec: ["kernel", "next-songs"],
  corpus: ["readers", "sample"],
  model: ["format", "memory", "loading", "interchange"],
  recommend: ["catalogue", "vectors", "index", "ensemble", "pool", "cold-start", "query"],
  evaluate: [],
  store: ["local"],
  training: ["pipeline", "process", "jobs", "tuning"],
  service: [],
  http: ["schemas", "security", "observability", "routes"],
  console: ["texts", "api", "state", "parts", "views"],
  commands: [],
};
/** What every folder may import, and what only the last ones may: the environment is read at the edge. */
const shared = "errors.ts";
const settings = { file: "config.ts", readers: ["service", "commands"] };
const mostFiles = 24;

const files = globSync("src/**/*.{ts,tsx}", { cwd: root }).map((file) => relative("src", file));
const order = Object.keys(folders);
const roomOf = (file: string) => dirname(file).split("/");

/** Paths of the modules that a file imports, types too; AssemblyScript leaves the ending out. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, "src", file), "utf8");
  const found = [...text.matchAll(/(?:from|import|import\()\s*["'](\.[^"']+)["']/g)].map((match) => match[1] ?? "");
  return found
    .filter((path) => !/\.(css|svg)$/.test(path))
    .map((path) => relative(root, resolve(root, dirname(file), path)).replace(/(\.tsx?)?$/, (end) => end || ".ts"));
}

function isAllowed(file: string, imported: string): boolean {
  const [layer = "", room = ""] = roomOf(file);
  if (layer === "." || imported === shared) return true;
  if (imported === settings.file) return settings.readers.includes(layer);
  const [otherLayer = "", otherRoom = ""] = roomOf(imported);
  if (otherLayer !== layer) return order.indexOf(otherLayer) < order.indexOf(layer);
  const rooms = folders[layer] ?? [];
  return room === "" || otherRoom === "" || rooms.indexOf(otherRoom) <= rooms.indexOf(room);
}

/** The files of one circle of imports, or none. */
function findCircle(): string[] {
  const done = new Set<string>();
  function visit(file: string, path: readonly string[]): string[] {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const imported of importsOf(file)) {
      const circle = visit(imported, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  }
  return files.map((file) => visit(file, [])).find((circle) => circle.length > 0) ?? [];
}

it("src has the folders of the design, and no folder more than 24 files", () => {
  const known = order.flatMap((layer) => [layer, ...(folders[layer] ?? []).map((room) => `${layer}/${room}`)]);
  const found = [...new Set(files.map(dirname))].filter((folder) => !/assembly$|^console\/views\/|^\.$/.test(folder));
  expect(found.filter((folder) => !known.includes(folder))).toEqual([]);
  const own = globSync("{src,test}/**/*.*", { cwd: root, exclude: ["**/node_modules"] });
  const counts = Map.groupBy(own, dirname);
  expect([...counts].filter(([, { length }]) => length > mostFiles).map(([folder]) => folder)).toEqual([]);
});

it("each folder imports only from those above it", () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => !isAllowed(file, imported))
      .map((imported) => `${file} <- ${imported}`),
  );
  expect(wrong).toEqual([]);
});

it("no file imports itself by way of others", () => {
  expect(findCircle()).toEqual([]);
});
