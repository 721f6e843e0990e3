import { createError } from "../../errors.ts";
import type { Model } from "../../model/model.ts";
import type { Song } from "../../model/format/songs.ts";
import { type Yield, yieldEvery } from "../../model/yield.ts";
import { type Mask, setBit } from "./mask.ts";
import { spellingsOf } from "./names.ts";

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
   * Returns the songs that do not match. Values must match completely: titles and artists in one of their spellings,
   * other columns but for case, and numbers as numbers. A song without catalogue data matches no
   * value. The first filter on a column indexes that column.
   *
   * @param pause awaited while the column is indexed, to yield to the event loop
   * @throws UNKNOWN_COLUMN
   */
  mask(filter: Filter, pause?: Yield): Promise<FilterMask>;
}

/** Returns the keys of the values that a song matches. */
type ReadKeys = (song: SongMetadata) => readonly string[];

/** One column of a filter. */
interface Condition {
  readonly read: ReadKeys;
  /** Keys. */
  readonly values: ReadonlySet<string>;
  readonly isExcluding: boolean;
}

interface ColumnReader {
  readonly read: ReadKeys;
  keysOf(value: string): readonly string[];
}

/** An inverted index of one column. */
interface Column {
  /** The number of each key. */
  readonly valueNumbers: ReadonlyMap<string, number>;
  /** The rows of value n are `rows[starts[n]]` to `rows[starts[n + 1] - 1]`. */
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
}

export function createCatalogueFilter({
  songs,
  manifest,
}: Pick<Model, "songs"> & { readonly manifest: Pick<Model["manifest"], "columns"> }): CatalogueFilter {
  const readers = new Map<string, ColumnReader>([
    ["title", createReader(({ title }) => title, spellingsOf)],
    ["artist", createReader(({ artist }) => artist, spellingsOf)],
    ...manifest.columns.map(
      (name) =>
        [
          name,
          createReader(
            ({ columns }) => (columns && Object.hasOwn(columns, name) ? columns[name] : undefined),
            (value) => [plainKey(value)],
          ),
        ] as const,
    ),
  ]);
  const columns = new Map<string, Promise<Column>>();

  function readerOf(name: string): ColumnReader {
    const reader = readers.get(name);
    if (!reader) throw createError("UNKNOWN_COLUMN", { column: name, known: [...readers.keys()] });
    return reader;
  }

  function columnOf(name: string, read: ReadKeys, pause: Yield): Promise<Column> {
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
        const { read, keysOf } = readerOf(name);
        const values = new Set(allowed.flatMap(keysOf));
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
  return read(song).some((key) => values.has(key)) !== isExcluding;
}

function createReader(
  valueOf: (song: SongMetadata) => string | undefined,
  keysOf: ColumnReader["keysOf"],
): ColumnReader {
  return {
    keysOf,
    read: (song) => {
      const value = valueOf(song);
      return value === undefined ? [] : keysOf(value);
    },
  };
}

/** Longer values are text. */
const maxNumberLength = 40;

/** Without case. Numbers without exponent are in their shortest form: "1999" for "1999.0", "-5" for "-05.00". */
function plainKey(value: string): string {
  const text = value.trim().normalize("NFC").toLowerCase().replaceAll("i\u0307", "i"); // İ in lower case
  const number = text.length <= maxNumberLength && /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (!number || !/\d/.test(text)) return text;
  const [, sign, whole = "", decimals = ""] = number;
  const fraction = decimals.replace(/(?<!0)0+$/, "");
  const digits = `${whole.replace(/^0+/, "") || 0}${fraction && `.${fraction}`}`;
  return sign === "-" && digits !== "0" ? `-${digits}` : digits;
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
async function indexColumn(songs: Model["songs"], read: ReadKeys, pause: Yield): Promise<Column> {
  const valueNumbers = new Map<string, number>();
  const counts: number[] = [];
  /** Value and row of each entry. */
  const entries: number[] = [];
  let row = 0;
  for (const song of songs) {
    await pause();
    for (const key of read(song)) {
      const number = valueNumbers.get(key) ?? valueNumbers.size;
      valueNumbers.set(key, number);
      counts[number] = (counts[number] ?? 0) + 1;
      entries.push(number, row);
    }
    row++;
  }
  const starts = new Uint32Array(valueNumbers.size + 1);
  for (const [number, count] of counts.entries()) starts[number + 1] = (starts[number] ?? 0) + count;
  const next = starts.slice();
  const rows = new Uint32Array(starts.at(-1) ?? 0);
  for (let entry = 0; entry < entries.length; entry += 2) {
    const number = entries[entry] ?? 0;
    const index = next[number] ?? 0;
    rows[index] = entries[entry + 1] ?? 0;
    next[number] = index + 1;
  }
  return { valueNumbers, starts, rows };
}
