import { createError } from "../../errors.ts";
import type { Model } from "../../model/model.ts";
import type { Song } from "../../model/format/songs.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import { type Mask, setBit } from "./mask.ts";
import { fold } from "./names.ts";

/** Values by column: a song must have one of those of each column, and none of those of a column with "-" in front. */
export type Filter = Readonly<Record<string, readonly string[]>>;

/** What a catalogue says of a song. */
type SongMetadata = Pick<Song, "title" | "artist" | "columns">;

/** What does not pass a filter: songs of the model by the mask, others by what is known of them. */
export interface FilterMask extends Mask {
  has(song: SongMetadata): boolean;
}

/** Finds the songs that a filter lets through. */
export interface CatalogueFilter {
  /**
   * The songs that do not pass. Values are whole, but case, accents and punctuation make no difference; a song that the
   * catalogue says nothing of has no value. The first filter of a column reads all songs, in slices.
   *
   * @throws UNKNOWN_COLUMN
   */
  mask(filter: Filter, pause?: Yield): Promise<FilterMask>;
}

type ReadValue = (song: SongMetadata) => string | undefined;

/** One of the values, or none of them. */
interface Condition {
  readonly read: ReadValue;
  /** Folded. */
  readonly values: ReadonlySet<string>;
  readonly isExcluding: boolean;
}

/** The rows of each value of one column. */
interface Column {
  readonly valueNumbers: ReadonlyMap<string, number>;
  /** Those of value n are `rows[starts[n]]` to `rows[starts[n + 1] - 1]`. */
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
}

export function createCatalogueFilter({
  songs,
  manifest,
}: Pick<Model, "songs"> & { readonly manifest: Pick<Model["manifest"], "columns"> }): CatalogueFilter {
  const readers = new Map<string, ReadValue>([
    ["title", ({ title }) => title],
    ["artist", ({ artist }) => artist],
    ...manifest.columns.map(
      (name) =>
        [
          name,
          ({ columns }: SongMetadata) => (columns && Object.hasOwn(columns, name) ? columns[name] : undefined),
        ] as const,
    ),
  ]);
  const columns = new Map<string, Promise<Column>>();

  function readerOf(name: string): ReadValue {
    const read = readers.get(name);
    if (!read) throw createError("UNKNOWN_COLUMN", { column: name, known: [...readers.keys()] });
    return read;
  }

  function columnOf(name: string, read: ReadValue, pause: Yield): Promise<Column> {
    const cached = columns.get(name);
    if (cached) return cached;
    const made = indexColumn(songs, read, pause);
    columns.set(name, made);
    return made;
  }

  return {
    async mask(filter, pause = yieldEvery()) {
      const bits = new Uint8Array(Math.ceil(songs.length / 8));
      const conditions: Condition[] = [];
      for (const [key, wanted] of Object.entries(filter)) {
        const isExcluding = key.startsWith("-");
        const name = isExcluding ? key.slice(1) : key;
        const read = readerOf(name);
        const values = new Set(wanted.map(fold));
        const matching = rowsWith(await columnOf(name, read, pause), values, songs.length);
        for (let i = 0; i < bits.length; i++)
          bits[i] = (bits[i] ?? 0) | (isExcluding ? (matching[i] ?? 0) : ~(matching[i] ?? 0));
        conditions.push({ read, values, isExcluding });
      }
      return { bits, has: (song) => conditions.some((condition) => !matches(song, condition)) };
    },
  };
}

function matches(song: SongMetadata, { read, values, isExcluding }: Condition): boolean {
  const value = read(song);
  return (value !== undefined && values.has(fold(value))) !== isExcluding;
}

/** A bit for each song that has one of these values. */
function rowsWith({ valueNumbers, starts, rows }: Column, values: Iterable<string>, songs: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(songs / 8));
  for (const value of values) {
    const number = valueNumbers.get(value);
    if (number === undefined) continue;
    for (const row of rows.subarray(starts[number], starts[number + 1])) setBit(bits, row);
  }
  return bits;
}

/** A counting sort of the rows by their values. */
async function indexColumn(songs: Model["songs"], read: ReadValue, pause: Yield): Promise<Column> {
  const none = 0xffffffff;
  const valueNumbers = new Map<string, number>();
  const counts: number[] = [];
  const valueOf = new Uint32Array(songs.length).fill(none);
  let row = 0;
  for (const song of songs) {
    await pause();
    const value = read(song);
    if (value !== undefined) {
      const folded = fold(value);
      const number = valueNumbers.get(folded) ?? valueNumbers.size;
      valueNumbers.set(folded, number);
      counts[number] = (counts[number] ?? 0) + 1;
      valueOf[row] = number;
    }
    row++;
  }
  const starts = new Uint32Array(valueNumbers.size + 1);
  for (const [number, count] of counts.entries()) starts[number + 1] = (starts[number] ?? 0) + count;
  const next = starts.slice();
  const rows = new Uint32Array(starts.at(-1) ?? 0);
  for (const [row, number] of valueOf.entries()) {
    if (number === none) continue;
    const index = next[number] ?? 0;
    rows[index] = row;
    next[number] = index + 1;
  }
  return { valueNumbers, starts, rows };
}
