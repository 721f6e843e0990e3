import { z } from "zod";
import { createError } from "../../errors.ts";
import { type DroppedRows, DroppedRowsLog, RowCounts, songProblem } from "../dropped-rows.ts";
import { parseSongId, type SongIds } from "../song-ids.ts";
import { readCsv, type RowReader } from "./csv.ts";
import { listInputFiles } from "./files.ts";
import { type Header, namedColumns } from "./header.ts";
import { isJsonLines } from "./json-lines.ts";
import { openText } from "./text.ts";

export interface SongDetails {
  title?: string;
  artist?: string;
  /** Values of further columns, by column name */
  columns?: Record<string, string>;
}

export interface CatalogueOptions {
  /** A file, a directory, or `-` for standard input */
  readonly source: string;
  readonly songColumn?: string;
  readonly songIds?: SongIds;
  readonly encoding?: string | undefined;
  /** false: the playlists have no header, so their song column is a number; the catalogue's is `master_number` or the first. */
  readonly header?: boolean;
}

export const catalogueReportSchema = z
  .object({
    songs: z.int().min(0).meta({ description: "Songs of the catalogue" }),
    described: z.int().min(0).meta({ description: "Songs of the model that the catalogue describes" }),
    columns: z
      .object({
        song: z.string().meta({ description: "Column of the song id" }),
        title: z.string().nullable().meta({ description: "Column of the title; null if there is none" }),
        artist: z.string().nullable().meta({ description: "Column of the artist; null if there is none" }),
        others: z.array(z.string()).meta({ description: "Further columns, for filters" }),
      })
      .meta({ description: "Columns of the catalogue" }),
  })
  .meta({ description: "What the catalogue describes" });
export type CatalogueReport = z.infer<typeof catalogueReportSchema>;

export interface CatalogueSongs {
  /** The values of each song by normalised song id, without empty values */
  readonly songs: Map<string, SongDetails>;
  readonly columns: CatalogueReport["columns"];
  readonly dropped: readonly DroppedRows[];
}

/** Further columns beyond these are ignored. */
const maxColumns = 100;
/** Cells that databases, pandas and spreadsheets write for a missing value, and that are no title. */
const missingValue = /^(?:\\N|NULL|\(null\)|nan|NaN|<NA>|#N\/A|#NAME\?|#VALUE!|#REF!)?$/;

/**
 * Reads a catalogue: the columns master_number, title and artist (the latter two are optional), and any other named
 * columns. The first row of a song counts.
 *
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS
 */
export async function readCatalogue(options: CatalogueOptions): Promise<CatalogueSongs> {
  const { source, header: isNamed = true, songIds = "numbers", encoding } = options;
  const { songColumn = "master_number" } = isNamed ? options : {};
  const songs = new Map<string, SongDetails>();
  const dropped = new DroppedRowsLog();
  const columns: CatalogueReport["columns"] = { song: songColumn, title: null, artist: null, others: [] };
  for (const file of await listInputFiles([source])) {
    const text = await openText(file, encoding);
    if (isJsonLines(text))
      throw createError("PLAYLISTS_UNREADABLE", {
        file: file.path,
        reason: "expected CSV, found JSON lines",
        advice: "Accepted are CSV and TSV.",
      });
    await readCsv(file, text, {
      rows: new RowCounts(file, dropped),
      columns: [songColumn, "title", "artist"],
      createHeader: (cells) => namedColumns(file.path, cells),
      createRowReader,
    });
  }
  return { songs, columns, dropped: dropped.entries() };

  function createRowReader(header: Header): RowReader {
    const { names } = header;
    const isRow = /^\d/.test(names[0] ?? ""); // no header at all
    const songAt = isNamed || isRow ? header.find(songColumn) : Math.max(0, header.indexOf(songColumn));
    const [titleAt, artistAt] = [header.indexOf("title"), header.indexOf("artist")];
    const others = [...names.entries()]
      .filter(([at, name]) => name !== "" && names.indexOf(name) === at && ![songAt, titleAt, artistAt].includes(at))
      .slice(0, maxColumns);
    columns.song = names[songAt] ?? songColumn;
    columns.title ??= names[titleAt] ?? null;
    columns.artist ??= names[artistAt] ?? null;
    columns.others = [...new Set([...columns.others, ...others.map(([, name]) => name)])];
    return {
      idColumns: [songAt],
      read(cells) {
        const song = cells[songAt] ?? "";
        const parsed = parseSongId(song, songIds);
        if ("problem" in parsed) return songProblem(parsed.problem, song);
        if (songs.has(parsed.id)) return undefined;
        const values = others.map(([at, name]) => [name, valueOf(cells[at])] as const);
        songs.set(parsed.id, details(cells[titleAt], cells[artistAt], values));
        return undefined;
      },
    };
  }
}

function details(
  titleCell: string | undefined,
  artistCell: string | undefined,
  others: readonly (readonly [name: string, value: string])[],
): SongDetails {
  const title = valueOf(titleCell);
  const artist = valueOf(artistCell);
  const values = others.filter(([, value]) => value !== "");
  return {
    ...(title !== "" && { title }),
    ...(artist !== "" && { artist }),
    ...(values.length > 0 && { columns: Object.fromEntries(values) }),
  };
}

function valueOf(cell = ""): string {
  const value = cell.trim();
  return missingValue.test(value) ? "" : value;
}
