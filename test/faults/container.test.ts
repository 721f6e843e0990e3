import { chownSync, cpSync, globSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { report } from "../helpers/fault-form.ts";
import { request } from "../helpers/http.ts";
import { childrenOf, serverOptions, startExecutable, waitFor } from "../helpers/process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dockerfile = readFileSync(`${root}Dockerfile`, "utf8");

describe("row 30: the image", () => {
  it("runs node as PID 1 under a user other than root, without build tools", () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
    const command = JSON.stringify(["node", ...serverOptions, "dist/main.js", "serve"]).replaceAll(",", ", ");
    expect(last).toContain(`\nCMD ${command}\n`);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/HOST=0\.0\.0\.0/);
    expect(last).not.toMatch(/^COPY (src|test|\.)/m);
    expect(dockerfile).toMatch(/npm ci --omit=dev --omit=optional --ignore-scripts/);
  });

  const unshare = ["--pid", "--fork", "--mount", "--kill-child"];
  const possible =
    process.getuid?.() === 0 &&
    spawnSync("unshare", [...unshare, "mount", "-o", "remount,bind,ro", "/", "/"]).status === 0;

  it.skipIf(!possible)("starts as PID 1 of an unprivileged user on a read-only root, and stops cleanly", async () => {
    const app = await mkdtemp(join(tmpdir(), "song2vec-image-"));
    onTestFinished(() => rm(app, { recursive: true, force: true }));
    for (const part of ["dist", "package.json"]) cpSync(`${root}${part}`, join(app, part), { recursive: true });
    symlinkSync(`${root}node_modules`, join(app, "node_modules"));
    const data = join(app, "data");
    mkdirSync(data);
    const nobody = 65_534;
    for (const path of [app, data]) chownSync(path, nobody, nobody);
    const inside = [
      `mount --bind '${data}' '${data}'`,
      "mount -o remount,bind,ro / /",
      `cd '${app}'`,
      `exec setpriv --reuid=${nobody} --regid=${nobody} --clear-groups --no-new-privs ` +
        `'${process.execPath}' ${serverOptions.join(" ")} dist/main.js serve`,
    ].join(" && ");
    const running = startExecutable("unshare", [...unshare, "--mount-proc", "sh", "-c", inside], {
      NODE_ENV: "production",
      HOST: "0.0.0.0",
      PORT: "0",
      DATA_DIR: data,
      DRAIN_SECONDS: "0",
    });
    onTestFinished(() => void running.child.kill("SIGKILL"));
    const [, port = ""] = await waitFor(running, /Server listening at http:\/\/[^:]+:(\d+)/);
    await waitFor(running, /"msg":"model activated/);
    const key = /^ {4}(\S{32})$/m.exec(running.errors())?.[1] ?? "";
    const { status } = await request(Number(port), "/v1/models", { headers: { authorization: `Bearer ${key}` } });
    expect(status, running.errors()).toBe(200);
    const written = globSync(`${data}/*`).map((path) => path.slice(data.length + 1));
    const [child = 0] = childrenOf(running.child.pid);
    const signalledAt = performance.now();
    process.kill(child, "SIGTERM");
    expect(await running.ended).toBe(0);
    report(30, {
      "written to the data directory": written.join(" "),
      "stopped after ms": performance.now() - signalledAt,
    });
    expect(written).toEqual(expect.arrayContaining(["admin-key.sha256", "models", "sample"]));
  });
});
