import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { useFolder } from "../helpers/folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const inFolder = useFolder();
const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };

/**
 * Installs the packed package as npm does, but without a registry: its dependencies are links to those of the checkout. What is not a
 * dependency of the package, or not in its files, is missing.
 */
function installPackage(folder: string): string {
  const modules = join(folder, "node_modules");
  const installed = join(modules, "song2vec");
  for (const path of [installed, join(modules, ".bin")]) mkdirSync(path, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    env: environment,
  });
  const [archive] = z.tuple([z.object({ filename: z.string() })]).parse(JSON.parse(packed));
  execFileSync("tar", ["-xzf", join(folder, archive.filename), "-C", installed, "--strip-components=1"]);
  const manifest = readFileSync(join(installed, "package.json"), "utf8");
  const { dependencies, bin } = z
    .object({ dependencies: z.record(z.string(), z.string()), bin: z.object({ song2vec: z.string() }) })
    .parse(JSON.parse(manifest));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  chmodSync(join(installed, bin.song2vec), 0o755);
  symlinkSync(join("..", "song2vec", bin.song2vec), join(modules, ".bin", "song2vec"));
  return installed;
}

it("the packed package serves where only its dependencies are installed", async () => {
  const folder = inFolder("installed");
  const installed = installPackage(folder);
  for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "docs/README.md", "openapi/openapi.json"])
    expect(existsSync(join(installed, file)), file).toBe(true);

  const child = spawn("npx", ["--no-install", "song2vec", "serve", "--port", "0", "--drain-seconds", "0"], {
    cwd: folder,
    env: environment,
    detached: true, // a group of its own: npx does not pass signals on
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await ended;
  });
  const port = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (text: Buffer) => {
      output += String(text);
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`ended with ${String(code)}: ${output}`)));
  });
  const response = await fetch(`http://127.0.0.1:${port}/health/live`);
  expect(await response.json()).toEqual({ status: "live" });
});
