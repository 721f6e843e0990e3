import { execFileSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds what is shipped, where a source is newer than it: the fault tests run that. */
export default function buildDist(): void {
  const built = `${root}dist/main.js`;
  const newest = Math.max(...globSync(`${root}src/**/*.{ts,wasm}`).map((file) => statSync(file).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  execFileSync("npm", ["run", "-s", "build"], { cwd: root, stdio: "inherit" });
}
