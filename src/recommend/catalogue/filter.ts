import { createError } from "../../errors.ts";
import type { Model } from "../../model/model.ts";
import type { Song } from "../../model/format/songs.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import { type Mask, setBit } from "./mask.ts";
import { fold } from "./names.ts";

/** Allowed values by column. A column with the prefix "-" lists excluded values. */
export type Filter = Readonly<Record<string, readonly string[]>>;

/** The catalogue data of a song. */
type SongMetadata = Pick<Song, "title" | "artist" | "columns">;

/** The songs that do not match a filter. */
export interface FilterMask extends Mask {
  /** For songs without a row in the model. */
  has(song: SongMetadata): boolean;
}

/** Evaluates catalogue filters. */
export interface CatalogueFilter {
  /**
   * Returns the songs that do not match. Values must match completely; case, accents and punctuation are ignored.
   * A song without catalogue data matches no value. The first filter on a column indexes that column.
   *
   * @param pause awaited while the column is indexed, to yield to the event loop
   * @throws UNKNOWN_COLUMN
   */
  mask(filter: Filter, pause?: Yield): Promise<FilterMask>;
}

type ReadValue = (song: SongMetadata) => string | undefined;

/** One column of a filter. */
interface Condition {
  readonly read: ReadValue;
  /** Folded by `fold`. */
  readonly values: ReadonlySet<string>;
  readonly isExcluding: boolean;
}

/** An inverted index of one column. */
interface Column {
  readonly valueNumbers: ReadonlyMap<string, number>;
  /** The rows of value n are `rows[starts[n]]` to `rows[starts[n + 1] - 1]`. */
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
      for (const [key, allowed] of Object.entries(filter)) {
        const isExcluding = key.startsWith("-");
        const name = isExcluding ? key.slice(1) : key;
        const read = readerOf(name);
        const values = new Set(allowed.map(fold));
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

/** @returns one bit per song: 1 if it has one of the values [⌈V / 8⌉] */
function rowsWith({ valueNumbers, starts, rows }: Column, values: Iterable<string>, songs: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(songs / 8));
  for (const value of values) {
    const number = valueNumbers.get(value);
    if (number === undefined) continue;
    for (const row of rows.subarray(starts[number], starts[number + 1])) setBit(bits, row);
  }
  return bits;
}

/** Sorts the rows by value (counting sort). */
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
