import type { IndexFigures } from "../../model/format/manifest.ts";
import { slownessOf } from "../../word2vec/kernel/kernel.ts";
import type { TrainingEvent } from "./events.ts";

/** What an event of a training says in words, line by line; nothing for progress inside an epoch. */
export function narrate(event: TrainingEvent): string[] {
  switch (event.type) {
    case "corpus":
      return describeReport(event.report);
    case "warmStart":
      return [
        `starting from version ${event.version}, which knows ${count(event.known)} of these ${count(event.songs)} songs`,
      ];
    case "memory":
      return [`this will take ${count(event.predictedMB)} MB of memory`];
    case "kernel": {
      const slowness = slownessOf(event.kernel);
      return [
        ...event.refused.map(({ variant, reason }) => `kernel ${variant} is not used: ${reason}`),
        `training with the ${event.kernel} kernel${slowness ? `, ${slowness}` : ""}`,
      ];
    }
    case "epoch":
      return [
        `epoch ${event.epoch}  loss ${event.loss.toFixed(4)}${describeValidation(event.validation)}  ${count(Math.round(event.songsPerSecond))} songs/s`,
      ];
    case "indexing":
      return ["building an index"];
    case "indexed":
      return [describeIndex(event.index)];
    default:
      return [];
  }
}

/** @param index of a version that has just got it */
export function describeIndex({ recallAt10, efSearch, seconds }: IndexFigures): string {
  return `built an index in ${seconds.toFixed(1)} s: it finds ${(100 * recallAt10).toFixed(1)} % of the ten songs most like a song, with ${efSearch} in view`;
}

export function describeValidation(validation: number | null): string {
  return validation === null ? "" : `  NDCG@10 ${validation.toFixed(4)}`;
}

type Report = Extract<TrainingEvent, { type: "corpus" }>["report"];

function describeReport({ files, rows, stored, dropped, playlists, songs, plays, seconds }: Report): string[] {
  const sources = [
    ...(files.length > 0 ? [`${count(rows)} rows of ${files.join(", ")}`] : []),
    ...(stored > 0 ? [`${count(stored)} stored playlists`] : []),
  ];
  return [
    `read ${sources.join(" and ")} in ${seconds.toFixed(1)} s`,
    ...dropped.map(
      ({ reason, detail, count: rowsDropped, lines }) =>
        `dropped ${count(rowsDropped)} rows, ${reason === "missingSong" ? "song missing" : `malformed (${detail ?? "broken"})`}: first at ${lines.map(({ file, line }) => `${file}:${line}`).join(", ")}`,
    ),
    `kept ${count(playlists.kept)} playlists, left out ${count(playlists.leftOut)} that are too short`,
    ...(songs.beyondMaxVocabulary > 0
      ? [
          `left out ${count(songs.beyondMaxVocabulary)} songs with ${count(plays.beyondMaxVocabulary)} plays that are beyond maxVocabulary`,
        ]
      : []),
    `kept ${count(songs.kept)} songs with ${count(plays.kept)} plays; ${count(songs.belowMinCount)} songs with ${count(plays.belowMinCount)} plays are below minCount`,
  ];
}

/** Made with the program: the first of its kind takes more than ten milliseconds, which a server has no time for later. */
const whole = new Intl.NumberFormat("en");

export function count(value: number): string {
  return whole.format(value);
}
