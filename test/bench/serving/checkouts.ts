/**
 * Compares this checkout with another one on the same model, in alternating rounds: the median ratio for uncached
 * requests. Cached requests are compared with a bare Fastify route with helmet that sends the same body.
 *
 *     npm run bench:checkouts -- --other ../before --data-dir /tmp/model \
 *         [--connections 1,16,64] [--rounds 5] [--seconds 3]
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { get, load, type LoadResult, post } from "./http-load.ts";
import { describeMachine } from "../machine.ts";
import { similarPath, storedModel } from "./served-model.ts";
import { startBare, startService } from "./servers.ts";
import { cell, printTable, type Row } from "../table.ts";

const { values } = parseArgs({
  options: {
    other: { type: "string" },
    "data-dir": { type: "string" },
    connections: { type: "string", default: "1,16,64" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
  },
});
if (values.other === undefined || values["data-dir"] === undefined) throw new RangeError("which checkout and model?");
const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
console.log(describeMachine());

const model = await storedModel(values["data-dir"]);
const folder = mkdtempSync(join(tmpdir(), "song2vec-checkouts-"));
const [mine, theirs] = [join(folder, "mine"), join(folder, "theirs")];
for (const copy of [mine, theirs]) cpSync(values["data-dir"], copy, { recursive: true });
const servers = [await startService(theirs, {}, values.other), await startService(mine)] as const;
const bodyFile = join(folder, "body.json");
writeFileSync(bodyFile, await (await fetch(`http://127.0.0.1:${servers[1].port}${similarPath(1, model)}`)).text());
const bare = await startBare(bodyFile);
const connectionCounts = values.connections.split(",").map(Number);
const rows: Row[] = [];
let count = 0;
const kinds = {
  similar: () => get(`${similarPath(++count, model)}?minScore=-0.${count}`),
  recommendations: () =>
    post("/v1/recommendations", { songs: model.playlists[++count % model.playlists.length], minScore: -1e6 - count }),
};

for (const [kind, request] of Object.entries(kinds))
  for (const connections of connectionCounts) {
    rows.push(await compare(`uncached ${kind}`, connections, servers, request));
  }
const known = Array.from({ length: 100 }, (_, i) => get(similarPath(i, model)));
for (const connections of connectionCounts) {
  const request = (i: number) => known[i % known.length] ?? get("/");
  rows.push(await compare("cached similar, compared with a bare route", connections, [bare, servers[1]], request));
}
printTable(rows);
for (const server of [...servers, bare]) await server.stop();
rmSync(folder, { recursive: true });

/** The machine's speed changes within seconds, so each round measures both servers, in alternating order. */
async function compare(
  kind: string,
  connections: number,
  [other, own]: readonly [{ port: number }, { port: number }],
  request: (i: number) => Buffer,
): Promise<Row> {
  const rounds: { other: LoadResult; own: LoadResult }[] = [];
  const send = ({ port }: { port: number }) => load({ port, connections, seconds: Number(values.seconds), request });
  await send(other);
  await send(own); // warm-up
  for (let round = 0; round < Number(values.rounds); round++) {
    const first = round % 2 === 0 ? await send(other) : undefined;
    const ownResult = await send(own);
    rounds.push({ other: first ?? (await send(other)), own: ownResult });
  }
  const of = (server: "other" | "own", figure: "perSecond" | "p99") =>
    median(rounds.map((round) => round[server][figure]));
  const ratios = rounds.map((round) => round.own.perSecond / round.other.perSecond);
  const failed = rounds.flatMap((round) => [round.other, round.own]).map(({ errors, refused }) => errors + refused);
  return {
    requests: kind,
    connections: cell(connections),
    "other /s": cell(of("other", "perSecond")),
    "this /s": cell(of("own", "perSecond")),
    ratio: cell(median(ratios), 3),
    "lowest, highest": `${cell(Math.min(...ratios), 2)}, ${cell(Math.max(...ratios), 2)}`,
    "p99 ms, other": cell(of("other", "p99"), 1),
    this: cell(of("own", "p99"), 1),
    errors: cell(failed.reduce((sum, value) => sum + value, 0)),
  };
}
