import { Command } from "commander";
import { readConfig } from "../config.ts";
import { type Comparison, compareModels } from "../evaluate/compare.ts";
import { nextSongTable } from "./evaluate.ts";
import { openDataFolder } from "../service/data-folder.ts";
import { addJson, addSettings, findVersion, readVersion, wholeNumber, writeJson } from "./options.ts";
import { tableLines } from "./table.ts";

const examples = `
Examples:
  song2vec compare 1 2
  song2vec compare 3 latest --songs 200 --json
`;

interface CompareCommandOptions {
  readonly songs: number;
  readonly limit: number;
  readonly json?: boolean;
}

export function compareCommand(): Command {
  const command = new Command("compare")
    .description("show what changed between two model versions")
    .argument("<a>", "number of the older version, or latest", readVersion)
    .argument("<b>", "number of the newer version, or latest", readVersion)
    .option("--songs <number>", "number of most played songs to compare", wholeNumber, 1000)
    .option("--limit <number>", "maximum number of movers, songs gained and songs lost to list", wholeNumber, 20);
  return addJson(addSettings(command, ["dataDir"]), examples).action(runCompare);
}

async function runCompare(
  first: number | "latest",
  second: number | "latest",
  { songs, limit, json, ...options }: CompareCommandOptions,
): Promise<void> {
  const config = readConfig(options, process.env);
  const versions = await openDataFolder(config.dataDir);
  const [a, b] = [await findVersion(versions, first, config), await findVersion(versions, second, config)];
  const comparison = await compareModels(
    { version: a, ...(await versions.find(a)) },
    { version: b, ...(await versions.find(b)) },
    { songs, limit },
  );
  process.stderr.write(`${describe(comparison).join("\n")}\n`);
  if (json) writeJson(comparison);
}

type Figures = Comparison["a"]["evaluation"];

function describeEvaluations(a: Figures, b: Figures): string[] {
  if (!a && !b) return [];
  const names = [...new Set([a, b].flatMap((each) => each?.methods.map(({ method }) => method) ?? []))];
  const cells = (figures: Figures, name: string) => {
    const found = figures?.methods.find(({ method }) => method === name);
    return found
      ? [
          `${found.ndcg10.toFixed(4)} (${found.ndcg10Interval.map((end) => end.toFixed(4)).join("–")})`,
          found.hitRate10.toFixed(4),
          found.recall100.toFixed(4),
          found.coverage.toFixed(3),
        ]
      : ["–", "–", "–", "–"];
  };
  const header = ["NDCG@10 (95 %)", "HR@10", "recall@100", "coverage"];
  const cases = [a, b].map((each) => (each ? each.cases.toLocaleString("en") : "no"));
  return [
    `evaluated on ${cases[0]} and ${cases[1]} held-out playlists:`,
    ...tableLines([["", ...header, ...header], ...names.map((name) => [name, ...cells(a, name), ...cells(b, name)])]),
    ...(a?.nextSong || b?.nextSong ? nextSongTable([a?.nextSong, b?.nextSong]) : []),
  ];
}

function describe({ a, b, songs, neighbours }: Comparison): string[] {
  const show = (value: number | string | null) =>
    (typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 4 }) : (value ?? "–")).padStart(
      26,
    );
  const line = (name: string, of: (figures: Comparison["a"]) => number | string | null) =>
    `${name.padEnd(12)}${show(of(a))}${show(of(b))}`;
  const nameOf = ({
    songId,
    title,
    artist,
  }: {
    songId: string;
    title?: string | undefined;
    artist?: string | undefined;
  }) => [songId, title, artist].filter(Boolean).join(", ");
  const list = (items: readonly { songId: string }[]) => items.slice(0, 3).map(nameOf).join(" | ") || "–";
  return [
    line("version", ({ version }) => version),
    line("created", ({ createdAt }) => createdAt),
    line("songs", ({ songs: count }) => count),
    line("plays", ({ plays }) => plays),
    line("dimensions", ({ vectorSize }) => vectorSize),
    line("epochs", ({ epochs }) => epochs),
    line("loss", ({ loss }) => loss),
    line("validation", ({ validation }) => validation),
    ...describeEvaluations(a.evaluation, b.evaluation),
    `${songs.both.toLocaleString("en")} songs in both, ` +
      `${songs.gained.toLocaleString("en")} gained (${list(songs.mostPlayedGained)}), ` +
      `${songs.lost.toLocaleString("en")} lost (${list(songs.mostPlayedLost)})`,
    `overlap of the ${neighbours.at} nearest songs of the ${neighbours.songs.toLocaleString("en")} most played: ` +
      (neighbours.meanOverlap === null ? "–" : `${(100 * neighbours.meanOverlap).toFixed(1)} %`),
    ...neighbours.biggestMovers
      .slice(0, 10)
      .map(
        (mover) =>
          `  ${(100 * mover.overlap).toFixed(0).padStart(3)} %  ${nameOf(mover)}: ${list(mover.before)} → ${list(mover.after)}`,
      ),
  ];
}
