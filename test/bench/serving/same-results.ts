/**
 * Compares the models and recommendations of this checkout with those of another one: one worker, one seed, the same
 * playlists.
 *
 *     npm run bench:same -- --other ../before --playlists lists.csv [--preset tuned] [--epochs 2]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { similarPath, storedModel } from "./served-model.ts";
import { startService } from "./servers.ts";

const { values } = parseArgs({
  options: {
    other: { type: "string" },
    playlists: { type: "string" },
    preset: { type: "string", default: "tuned" },
    epochs: { type: "string", default: "2" },
  },
});
if (values.other === undefined || values.playlists === undefined) throw new RangeError("which checkout and playlists?");
const roots = [values.other, join(import.meta.dirname, "../../..")];
const folders = roots.map(() => mkdtempSync(join(tmpdir(), "song2vec-same-")));
for (const [i, root] of roots.entries()) {
  const options = ["--preset", values.preset, "--epochs", values.epochs, "--workers", "1", "--seed", "7"];
  const args = ["train", "--playlists", values.playlists, "--data-dir", folders[i] ?? "", ...options];
  execFileSync(process.execPath, [join(root, "src/main.ts"), ...args], { stdio: "ignore" });
}

const modelOf = (folder: string | undefined) => join(folder ?? "", "models/1");
const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
for (const file of readdirSync(modelOf(folders[0])).filter((name) => name !== "model.json"))
  console.log(
    `${file}: ` +
      (digest(join(modelOf(folders[0]), file)) === digest(join(modelOf(folders[1]), file))
        ? "same bytes"
        : "DIFFERENT"),
  );
const [before, now] = folders.map((folder) => JSON.parse(readFileSync(join(modelOf(folder), "model.json"), "utf8")));
for (const manifest of [before, now]) delete manifest.data.seconds;
for (const part of ["blend", "lossByEpoch", "validationByEpoch", "evaluation", "data", "hyperparameters"])
  console.log(`model.json, ${part}: ${isDeepStrictEqual(before[part], now[part]) ? "same" : "DIFFERENT"}`);

const model = await storedModel(folders[0] ?? "");
const servers = [await startService(folders[0] ?? "", {}, values.other), await startService(folders[1] ?? "")];
let [requests, different, furthest] = [0, 0, 0];
async function compare(path: string, body?: object): Promise<void> {
  const init = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const [one, other] = await Promise.all(
    servers.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}${path}`, init)).json()),
  );
  requests++;
  const scores = ({ items = [] }: { items?: { score?: number }[] }) => items.map(({ score = 0 }) => score);
  for (const [i, score] of scores(one).entries())
    furthest = Math.max(furthest, Math.abs(score - (scores(other)[i] ?? 9)));
  const without = (response: { items?: { score?: number }[] }) =>
    JSON.stringify(response, (key, value) => (key === "score" ? 0 : value));
  if (without(one) !== without(other)) different++;
}
for (let i = 0; i < 200; i++) {
  await compare(similarPath(i, model));
  await compare(`${similarPath(i, model)}?limit=50&diversity=0.3&offset=5`);
  const songs = model.playlists[i];
  for (const strategy of ["blend", "context", "similarity", "cooccurrence", "playlists"])
    await compare("/v1/recommendations", { songs, strategy });
  await compare("/v1/recommendations", { songs, explain: true, popularity: -0.3, limit: 25 });
  await compare("/v1/recommendations", { groups: [songs, model.playlists[i + 1]], aggregation: "leastMisery" });
  await compare("/v1/playlists/check", { songs });
  await compare(similarPath(i, model).replace("/similar", `/path/${encodeURIComponent(songs?.[0] ?? "")}`));
}
console.log(`${requests} requests: ${different} with different results, maximum difference of scores ${furthest}`);
for (const server of servers) await server.stop();
for (const folder of folders) rmSync(folder, { recursive: true });
