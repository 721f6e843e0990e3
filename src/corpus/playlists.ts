import { crc32 } from "node:zlib";
import { z } from "zod";
import { droppedRowsSchema, groupProblem, type RowProblem, songProblem } from "./dropped-rows.ts";
import { IntegerList } from "./integer-list.ts";
import { ListeningLog } from "./listening-log.ts";
import { catalogueReportSchema } from "./readers/catalogue.ts";
import { type IdProblem, parseSongId, type SongIds } from "./song-ids.ts";
import { idProblem, SongNumbers } from "./song-numbers.ts";

const count = z.int().min(0);

export const ingestReportSchema = z
  .object({
    files: z.array(z.string()).meta({ description: "Names of the files, without directories" }),
    rows: count.meta({ description: "Rows, without headers and empty lines" }),
    stored: count.default(0).meta({ description: "Playlists stored through the API" }),
    listening: z
      .object({
        users: count.meta({ description: "Users of the listening logs" }),
        sessions: count.meta({ description: "Sessions: the playlists of a listening log" }),
        repeats: count.meta({ description: "Plays of the song that the user had just played" }),
      })
      .optional()
      .meta({ description: "How listening logs were cut into sessions" }),
    catalogue: catalogueReportSchema.optional(),
    dropped: z.array(droppedRowsSchema).meta({ description: "Dropped rows, by reason" }),
    playlists: z
      .object({
        kept: count.meta({ description: "Playlists that were trained on" }),
        leftOut: count.meta({ description: "Playlists with fewer songs than minPlaylistLength" }),
        short: count.default(0).meta({
          description:
            "Playlists of leftOut with two or more songs of the vocabulary, which count for everything but word2vec",
        }),
      })
      .meta({ description: "Playlists kept and left out" }),
    songs: z
      .object({
        kept: count.meta({ description: "Songs in the vocabulary" }),
        belowMinCount: count.meta({
          description: "Songs of the kept playlists with fewer plays than minCount",
        }),
        beyondMaxVocabulary: count.meta({
          description: "Songs dropped because of maxVocabulary",
        }),
      })
      .meta({ description: "Songs kept and left out" }),
    plays: z
      .object({
        kept: count.meta({ description: "Plays that were trained on" }),
        belowMinCount: count.meta({ description: "Plays of songs below minCount" }),
        beyondMaxVocabulary: count.meta({ description: "Plays of songs beyond maxVocabulary" }),
        leftOut: count.meta({ description: "Plays in dropped playlists" }),
      })
      .meta({ description: "Plays kept and left out" }),
    seconds: z.number().min(0).meta({ description: "Duration of reading in seconds" }),
  })
  .meta({ id: "IngestReport" });

export type IngestReport = z.infer<typeof ingestReportSchema>;

/** Concatenated playlists: playlist p is `songs[offsets[p]]` to `songs[offsets[p + 1] - 1]`. */
export interface GroupedPlaylists {
  /** [plays] Song numbers: indexes in `songIds` */
  readonly songs: Uint32Array<ArrayBuffer>;
  /** [playlists + 1] */
  readonly offsets: Uint32Array;
  /** [playlists] The crc32 of each playlist's id, which identifies it across trainings */
  readonly keys: Uint32Array;
  readonly songIds: readonly string[];
  /** [playlists] Ids, if the collector keeps them */
  readonly playlistIds: readonly string[];
  readonly leftOut: { readonly playlists: number; readonly plays: number };
}

/** A playlist with all its songs. */
export interface CompletePlaylist {
  readonly playlistId: string;
  readonly songs: Iterable<string>;
}

export interface CollectorOptions {
  readonly songIds: SongIds;
  /** Longest pause within a session of a listening log, in minutes */
  readonly sessionGap?: number | undefined;
  readonly keepPlaylistIds?: boolean;
}

/** Collects rows (playlist, song), in any order of playlists, as pairs of integers: 8 bytes each. */
export class PlaylistCollector {
  readonly #songIds: SongIds;
  readonly #sessionGap: number;
  readonly #playlistIds: string[] | undefined;
  readonly #playlistNumbers = new Map<string, number>();
  readonly #songNumbers: SongNumbers;
  #log: ListeningLog | undefined;
  readonly #users = new Map<string, GroupId>();
  /** The crc32 of each playlist's id */
  readonly #keys = new IntegerList();
  readonly #playlistOfPlay = new IntegerList();
  readonly #songOfPlay = new IntegerList();
  #lastCell = "";
  #lastPlaylist: number | IdProblem = "missing";

  constructor({ songIds, sessionGap = 30, keepPlaylistIds = false }: CollectorOptions) {
    this.#songIds = songIds;
    this.#playlistIds = keepPlaylistIds ? [] : undefined;
    this.#sessionGap = sessionGap;
    this.#songNumbers = new SongNumbers(songIds);
  }

  /** Adds a play. @returns why it is dropped, undefined if it is not */
  add(playlistCell: string, songCell: string): RowProblem | undefined {
    const playlist = this.#playlistNumber(playlistCell);
    if (typeof playlist !== "number") return groupProblem(playlist, playlistCell, "playlist");
    const song = this.#songNumbers.numberOf(songCell);
    const problem = idProblem(song);
    if (problem !== undefined) return songProblem(problem, songCell);
    this.#push(playlist, song);
    return undefined;
  }

  /**
   * Adds a row of a listening log.
   *
   * @param time milliseconds since 1970
   * @returns why it is dropped, undefined if it is not
   */
  addListening(userCell: string, time: number, songCell: string): RowProblem | undefined {
    let user = this.#users.get(userCell);
    if (user === undefined) this.#users.set(userCell, (user = parseGroupId(userCell, this.#songIds)));
    if ("problem" in user) return groupProblem(user.problem, userCell, "user");
    const song = this.#songNumbers.numberOf(songCell);
    const problem = idProblem(song);
    if (problem !== undefined) return songProblem(problem, songCell);
    this.#log ??= new ListeningLog(this.#sessionGap);
    this.#log.add({ user: user.id, time, song });
    return undefined;
  }

  /** Adds the sessions of the listening logs as playlists. @returns undefined without listening logs */
  closeSessions(): IngestReport["listening"] {
    const log = this.#log;
    if (!log) return undefined;
    this.#log = undefined;
    let sessions = 0;
    for (const { id, songs } of log.sessions()) {
      const playlist = this.#newPlaylist(id);
      for (const song of songs) this.#push(playlist, song);
      sessions++;
    }
    return { users: log.users, sessions, repeats: log.repeats };
  }

  /** Adds a playlist, always as a new one, whatever its id. Songs without an id are dropped. */
  addPlaylist({ playlistId, songs }: CompletePlaylist): void {
    const playlist = this.#newPlaylist(`stored ${playlistId}`);
    for (const cell of songs) {
      const song = this.#songNumbers.numberOf(cell);
      if (idProblem(song) === undefined) this.#push(playlist, song);
    }
  }

  /**
   * @param below playlists of this length or longer are left out
   * @returns the playlists of at least `minLength` songs in order of first appearance, songs in insertion order
   */
  group(minLength: number, below = Infinity): GroupedPlaylists {
    const playlistOfPlay = this.#playlistOfPlay.values();
    const songOfPlay = this.#songOfPlay.values();
    const lengths = new Uint32Array(this.#keys.length);
    for (const playlist of playlistOfPlay) lengths[playlist] = (lengths[playlist] ?? 0) + 1;

    const offsets = new IntegerList();
    const keys = new IntegerList();
    const next = new Uint32Array(lengths.length);
    let kept = 0;
    for (const [playlist, length] of lengths.entries()) {
      if (length < minLength || length >= below) continue;
      offsets.push(kept);
      keys.push(this.#keys.values()[playlist] ?? 0);
      next[playlist] = kept;
      kept += length;
    }
    const playlists = offsets.length;
    offsets.push(kept);

    const songs = new Uint32Array(kept);
    for (let play = 0; play < playlistOfPlay.length; play++) {
      const playlist = playlistOfPlay[play] ?? 0;
      const length = lengths[playlist] as number;
      if (length < minLength || length >= below) continue;
      const at = next[playlist] ?? 0;
      songs[at] = songOfPlay[play] ?? 0;
      next[playlist] = at + 1;
    }
    const leftOut = { playlists: lengths.length - playlists, plays: playlistOfPlay.length - kept };
    return {
      songs,
      offsets: offsets.values().slice(),
      keys: keys.values().slice(),
      songIds: this.#songNumbers.ids,
      playlistIds:
        this.#playlistIds?.filter((_, playlist) => {
          const length = lengths[playlist] as number;
          return length >= minLength && length < below;
        }) ?? [],
      leftOut,
    };
  }

  #push(playlist: number, song: number): void {
    this.#playlistOfPlay.push(playlist);
    this.#songOfPlay.push(song);
  }

  #playlistNumber(cell: string): number | IdProblem {
    if (cell === this.#lastCell) return this.#lastPlaylist;
    this.#lastCell = cell;
    return (this.#lastPlaylist = this.#findPlaylist(cell));
  }

  #findPlaylist(cell: string): number | IdProblem {
    const known = this.#playlistNumbers.get(cell);
    if (known !== undefined) return known;
    const parsed = parseGroupId(cell, this.#songIds);
    if ("problem" in parsed) return parsed.problem;
    const playlist = this.#playlistNumbers.get(parsed.id) ?? this.#newPlaylist(parsed.id);
    this.#playlistNumbers.set(parsed.id, playlist);
    return playlist;
  }

  #newPlaylist(id: string): number {
    this.#keys.push(crc32(id));
    this.#playlistIds?.push(id);
    return this.#keys.length - 1;
  }
}

type GroupId = { readonly id: string } | { readonly problem: IdProblem };

/** Parses the id of a playlist or a user: trimmed, `7.0` as `7`, unless it is missing or has lost digits. */
function parseGroupId(cell: string, songIds: SongIds): GroupId {
  const parsed = parseSongId(cell, songIds);
  const isName = /^(?:--?|\.)$/.test(cell.trim()); // missing as a song
  return "problem" in parsed && parsed.problem !== "ambiguousNumber" && !isName
    ? parsed
    : { id: songIds === "numbers" ? cell.trim().replace(/^(\d+)\.0$/, "$1") : cell.trim() };
}
