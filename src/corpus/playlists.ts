import { crc32 } from "node:zlib";
import { z } from "zod";
import { IntegerList } from "./integer-list.ts";
import type { SongIds } from "./song-ids.ts";
import { missingSong, SongNumbers } from "./song-numbers.ts";

const count = z.int().min(0);

const droppedRowsSchema = z.object({
  reason: z.enum(["missingSong", "malformedRow"]).meta({ description: "Why the rows were dropped" }),
  detail: z.string().optional().meta({ description: "What is malformed about the rows" }),
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
    files: z.array(z.string()).meta({ description: "Names of the files read, without their folders" }),
    rows: count.meta({ description: "Rows read, headers and empty lines not counted" }),
    stored: count.default(0).meta({ description: "Playlists read that were stored through the API" }),
    dropped: z.array(droppedRowsSchema).meta({ description: "Rows that were left out, by reason" }),
    playlists: z
      .object({
        kept: count.meta({ description: "Playlists that were trained on" }),
        leftOut: count.meta({ description: "Playlists with fewer songs than minPlaylistLength" }),
      })
      .meta({ description: "Playlists kept and left out" }),
    songs: z
      .object({
        kept: count.meta({ description: "Songs of the vocabulary" }),
        belowMinCount: count.meta({
          description: "Songs of the kept playlists that are played less often than minCount",
        }),
        beyondMaxVocabulary: count.meta({
          description: "Songs that are left out since maxVocabulary others are played more often",
        }),
      })
      .meta({ description: "Songs kept and left out" }),
    plays: z
      .object({
        kept: count.meta({ description: "Plays that were trained on" }),
        belowMinCount: count.meta({ description: "Plays of songs below minCount" }),
        beyondMaxVocabulary: count.meta({ description: "Plays of songs beyond maxVocabulary" }),
        leftOut: count.meta({ description: "Plays in playlists that were left out" }),
      })
      .meta({ description: "Plays kept and left out" }),
    seconds: z.number().min(0).meta({ description: "Duration of reading in seconds" }),
  })
  .meta({ id: "IngestReport" });

export type IngestReport = z.infer<typeof ingestReportSchema>;
export type DroppedRows = z.infer<typeof droppedRowsSchema>;

/** Playlists one after the other: playlist p holds `songs[offsets[p]]` to `songs[offsets[p + 1] - 1]`. */
export interface GroupedPlaylists {
  /** Song numbers, positions in `songIds` [plays] */
  readonly songs: Uint32Array<ArrayBuffer>;
  /** [playlists + 1] */
  readonly offsets: Uint32Array;
  /** The crc32 of each playlist's id, by which it is known again in the next training [playlists] */
  readonly keys: Uint32Array;
  readonly songIds: readonly string[];
  readonly leftOut: { readonly playlists: number; readonly plays: number };
}

const noPlaylist = -1;

/** A playlist that is not read row by row. */
export interface CompletePlaylist {
  readonly playlistId: string;
  readonly songs: Iterable<string>;
}

/** Gathers (playlist, song) rows, in any order of playlists, as pairs of integers. */
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

  /** Adds a play; says what is wrong where there is nothing to add. */
  add(playlistCell: string, songCell: string): "noPlaylist" | "missingSong" | undefined {
    const playlist = this.#playlistNumber(playlistCell);
    if (playlist === noPlaylist) return "noPlaylist";
    const song = this.#songNumbers.numberOf(songCell);
    if (song === missingSong) return "missingSong";
    this.#playlistOfPlay.push(playlist);
    this.#songOfPlay.push(song);
    return undefined;
  }

  /** Adds a whole playlist, which is another one than any that was added before, whatever its id; songs that are missing are left out. */
  addPlaylist({ playlistId, songs }: CompletePlaylist): void {
    const playlist = this.#newPlaylist(`stored ${playlistId}`);
    for (const cell of songs) {
      const song = this.#songNumbers.numberOf(cell);
      if (song === missingSong) continue;
      this.#playlistOfPlay.push(playlist);
      this.#songOfPlay.push(song);
    }
  }

  /** The playlists of at least `minLength` songs, by first appearance; songs in the order they were added. */
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
