import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));

/** Each folder may import only those before it, and errors.ts. */
const layers = [
  "word2vec",
  "corpus",
  "model",
  "recommend",
  "evaluate",
  "store",
  "training",
  "http",
  "console",
  "commands",
];

const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !file.includes("assembly"),
);

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  const relatives = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1] ?? "");
  return relatives.map((path) => relative(src, resolve(src, dirname(file), path)));
}

const layerOf = (file: string) => file.split("/")[0] ?? "";

describe("the folders of src", () => {
  it("are the ones of the design", () => {
    const folders = new Set(files.filter((file) => file.includes("/")).map(layerOf));
    expect([...folders].filter((folder) => !layers.includes(folder))).toEqual([]);
  });

  it.each(files.filter((file) => file.includes("/")))("%s imports only what stands above it", (file) => {
    const own = layers.indexOf(layerOf(file));
    const wrong = importsOf(file).filter(
      (path) =>
        path !== "errors.ts" &&
        (path.includes("/")
          ? layers.indexOf(layerOf(path)) > own
          : !(path === "config.ts" && layerOf(file) === "commands")),
    );
    expect(wrong).toEqual([]);
  });
});
