import { crc32 } from "node:zlib";
import { z } from "zod";
import { IntegerList } from "./integer-list.ts";
import type { SongIds } from "./song-ids.ts";
import { missingSong, SongNumbers } from "./song-numbers.ts";

const count = z.int().min(0);

const droppedRowsSchema = z.object({
  reason: z.enum(["missingSong", "malformedRow"]).meta({ description: "Why the rows were dropped" }),
  detail: z.string().optional().meta({ description: "Kind of malformed rows" }),
  count: count.meta({ description: "Number of dropped rows" }),
  lines: z
    .array(
      z.object({
        file: z.string().meta({ description: "Name of the file" }),
        line: z.int().min(1).meta({ description: "Line number, from 1" }),
      }),
    )
    .max(5)
    .meta({ description: "Where the first five dropped rows are" }),
});

export const ingestReportSchema = z
  .object({
    files: z.array(z.string()).meta({ description: "Names of the files, without directories" }),
    rows: count.meta({ description: "Rows, without headers and empty lines" }),
    stored: count.default(0).meta({ description: "Playlists stored through the API" }),
    dropped: z.array(droppedRowsSchema).meta({ description: "Dropped rows, by reason" }),
    playlists: z
      .object({
        kept: count.meta({ description: "Playlists that were trained on" }),
        leftOut: count.meta({ description: "Playlists with fewer songs than minPlaylistLength" }),
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
export type DroppedRows = z.infer<typeof droppedRowsSchema>;

/** Concatenated playlists: playlist p is `songs[offsets[p]]` to `songs[offsets[p + 1] - 1]`. */
export interface GroupedPlaylists {
  /** [plays] Song numbers: indexes in `songIds` */
  readonly songs: Uint32Array<ArrayBuffer>;
  /** [playlists + 1] */
  readonly offsets: Uint32Array;
  /** [playlists] The crc32 of each playlist's id, which identifies it across trainings */
  readonly keys: Uint32Array;
  readonly songIds: readonly string[];
  readonly leftOut: { readonly playlists: number; readonly plays: number };
}

const noPlaylist = -1;

/** A playlist with all its songs. */
export interface CompletePlaylist {
  readonly playlistId: string;
  readonly songs: Iterable<string>;
}

/** Collects rows (playlist, song), in any order of playlists, as pairs of integers. */
export class PlaylistCollector {
  readonly #playlistNumbers = new Map<string, number>();
  readonly #songNumbers: SongNumbers;
  /** The crc32 of each playlist's id */
  readonly #keys = new IntegerList();
  readonly #playlistOfPlay = new IntegerList();
  readonly #songOfPlay = new IntegerList();
  #lastCell = "";
  #lastPlaylist = noPlaylist;

  constructor(songIds: SongIds) {
    this.#songNumbers = new SongNumbers(songIds);
  }

  /** Adds a play. @returns the reason if the row has none */
  add(playlistCell: string, songCell: string): "noPlaylist" | "missingSong" | undefined {
    const playlist = this.#playlistNumber(playlistCell);
    if (playlist === noPlaylist) return "noPlaylist";
    const song = this.#songNumbers.numberOf(songCell);
    if (song === missingSong) return "missingSong";
    this.#playlistOfPlay.push(playlist);
    this.#songOfPlay.push(song);
    return undefined;
  }

  /** Adds a playlist, always as a new one, whatever its id. Missing songs are dropped. */
  addPlaylist({ playlistId, songs }: CompletePlaylist): void {
    const playlist = this.#newPlaylist(`stored ${playlistId}`);
    for (const cell of songs) {
      const song = this.#songNumbers.numberOf(cell);
      if (song === missingSong) continue;
      this.#playlistOfPlay.push(playlist);
      this.#songOfPlay.push(song);
    }
  }

  /** @returns the playlists of at least `minLength` songs in order of first appearance, songs in insertion order */
  group(minLength: number): GroupedPlaylists {
    const playlistOfPlay = this.#playlistOfPlay.values();
    const songOfPlay = this.#songOfPlay.values();
    const lengths = new Uint32Array(this.#keys.length);
    for (const playlist of playlistOfPlay) lengths[playlist] = (lengths[playlist] ?? 0) + 1;

    const offsets = new IntegerList();
    const keys = new IntegerList();
    const next = new Uint32Array(lengths.length);
    let kept = 0;
    for (const [playlist, length] of lengths.entries()) {
      if (length < minLength) continue;
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
      if ((lengths[playlist] ?? 0) < minLength) continue;
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
      leftOut,
    };
  }

  #playlistNumber(cell: string): number {
    if (cell === this.#lastCell) return this.#lastPlaylist;
    const id = cell.trim();
    const playlist = id === "" ? noPlaylist : (this.#playlistNumbers.get(id) ?? this.#newPlaylist(id));
    if (playlist !== noPlaylist) this.#playlistNumbers.set(id, playlist);
    this.#lastCell = cell;
    this.#lastPlaylist = playlist;
    return playlist;
  }

  #newPlaylist(id: string): number {
    this.#keys.push(crc32(id));
    return this.#keys.length - 1;
  }
}
