import type { DroppedRows } from "../../corpus/dropped-rows.ts";
import type { IndexMetadata } from "../../model/format/manifest.ts";
import { describeSlowdown } from "../../word2vec/kernel/kernel.ts";
import type { TrainingEvent } from "./events.ts";

/**
 * Describes an event of a training in lines of text; in none for progress within an epoch.
 *
 * @param epochs epochs in all, where they are known
 */
export function narrate(event: TrainingEvent, epochs?: number): string[] {
  switch (event.type) {
    case "corpus":
      return describeReport(event.report);
    case "warmStart":
      return [
        `warm start from model version ${event.version}, which has ${count(event.known)} of ${count(event.songs)} songs`,
      ];
    case "memory":
      return [`estimated memory: ${count(event.predictedMB)} MB`];
    case "kernel": {
      const slowness = describeSlowdown(event.kernel);
      return [
        ...event.refused.map(({ variant, reason }) => `kernel ${variant} not used: ${reason}`),
        `training with kernel ${event.kernel}${slowness ? `, ${slowness}` : ""}`,
      ];
    }
    case "epoch":
      return [
        `epoch ${epochs === undefined ? event.epoch : `${event.epoch}/${epochs}`}  loss ${event.loss.toFixed(4)}` +
          `${describeValidation(event.validation)}  ${count(Math.round(event.songsPerSecond))} songs/s`,
      ];
    case "nextSongs":
      return ["training next-song vectors"];
    case "nextSongsTrained":
      return [`next-song vectors trained in ${event.seconds.toFixed(1)} s  loss ${event.loss.toFixed(4)}`];
    case "indexing":
      return ["building the HNSW index"];
    case "evaluating":
      return ["evaluating on held-out playlists"];
    case "indexed":
      return [describeIndex(event.index)];
    default:
      return [];
  }
}

export function describeIndex({ recallAt10, efSearch, seconds }: IndexMetadata): string {
  return `HNSW index built in ${seconds.toFixed(1)} s: recall@10 ${(100 * recallAt10).toFixed(1)} %, efSearch ${efSearch}`;
}

export function describeValidation(validation: number | null): string {
  return validation === null ? "" : `  NDCG@10 ${validation.toFixed(4)}`;
}

type Report = Extract<TrainingEvent, { type: "corpus" }>["report"];

const dropReasons = {
  missingSong: "no song id",
  lostDigits: "ids that have lost digits",
  ambiguousNumber: "ambiguous numbers as ids",
  repeatedHeader: "the header again",
  malformedRow: "malformed",
} as const;

export function describeDropped(dropped: readonly DroppedRows[]): string[] {
  return dropped.map(
    ({ reason, detail, count: rows, lines }) =>
      `dropped ${count(rows)} rows: ${detail ?? dropReasons[reason]}, ` +
      `first at ${lines.map(({ file, line }) => `${file}:${line}`).join(", ")}`,
  );
}

/** How many songs of the model the catalogue describes, and by which columns. */
export function describeCatalogue(
  { described, columns }: Omit<NonNullable<Report["catalogue"]>, "songs">,
  songs: number,
): string {
  const { title, artist, others } = columns;
  const used = [title, artist, ...others].filter((name) => name !== null);
  const prefix = described === 0 ? "warning: " : "";
  return `${prefix}catalogue: ${count(described)} of ${count(songs)} songs described, columns ${used.join(", ") || "none"}`;
}

function describeReport(report: Report): string[] {
  const { files, rows, stored, listening, catalogue, dropped, playlists, songs, plays, seconds } = report;
  const sources = [
    ...(files.length > 0 ? [`${count(rows)} rows of ${files.join(", ")}`] : []),
    ...(stored > 0 ? [`${count(stored)} stored playlists`] : []),
  ];
  return [
    `read ${sources.join(" and ")} in ${seconds.toFixed(1)} s`,
    ...describeDropped(dropped),
    ...(listening
      ? [
          `cut the plays of ${count(listening.users)} users into ${count(listening.sessions)} sessions; ` +
            `left out ${count(listening.repeats)} consecutive repeats`,
        ]
      : []),
    `kept ${count(playlists.kept)} playlists; dropped ${count(playlists.leftOut)} shorter than minPlaylistLength` +
      (playlists.short > 0 ? `, ${count(playlists.short)} of them from the training of song vectors only` : ""),
    ...(songs.beyondMaxVocabulary > 0
      ? [
          `dropped ${count(songs.beyondMaxVocabulary)} songs (${count(plays.beyondMaxVocabulary)} plays) beyond maxVocabulary`,
        ]
      : []),
    `kept ${count(songs.kept)} songs (${count(plays.kept)} plays); ` +
      `dropped ${count(songs.belowMinCount)} songs (${count(plays.belowMinCount)} plays) below minCount`,
    ...(catalogue ? [describeCatalogue(catalogue, songs.kept)] : []),
  ];
}

/** Created at start: the first one takes more than 10 ms, which would block a server. */
const whole = new Intl.NumberFormat("en");

export function count(value: number): string {
  return whole.format(value);
}
