import { type Yield, yieldEvery } from "../../model/yield.ts";
import { queryWordsOf, searchWordsOf } from "./names.ts";

/** Finds songs by id, title and artist. */
export interface SongFinder {
  /** Memory of the folded names, in bytes. */
  readonly bytes: number;
  /**
   * Finds the song with exactly this id, then songs that contain each query word as the prefix of a word.
   * The most played songs come first. Names are compared as by `fold`, and words with marks inside in all spellings.
   *
   * @param pause awaited between blocks, to yield to the event loop
   * @returns rows, at most `limit`
   */
  find(query: string, limit: number, pause?: Yield): Promise<number[]>;
}

/** The names of consecutive songs. Each song is a line of words, and each word has a leading blank. */
interface NameBlock {
  readonly first: number;
  readonly text: Buffer;
  /** The offset of each line, and the end of the last one. */
  readonly starts: Uint32Array;
}

/** Songs in the order of results. */
interface NamedSongs {
  readonly songs: Iterable<{ readonly id: string; readonly title?: string; readonly artist?: string }>;
  /** The index of each id in `songs`. */
  readonly rows: { get(id: string): number | undefined };
}

/** Characters of a block. */
const blockLength = 1 << 17;
const lineEnd = 0x0a;

/**
 * Folds the names of all songs. They take their length plus 4 bytes per song, outside of the JavaScript heap.
 * There is no further index: a search scans the blocks from the most played song on until it has enough results.
 */
export async function createSongFinder({ songs, rows }: NamedSongs, pause: Yield = yieldEvery()): Promise<SongFinder> {
  const blocks: NameBlock[] = [];
  let lines: string[] = [];
  let length = 0;
  const close = () => {
    blocks.push(createBlock(blocks.length === 0 ? 0 : endOf(blocks.at(-1)), lines));
    lines = [];
    length = 0;
  };
  for (const { id, title = "", artist = "" } of songs) {
    await pause();
    const line = [id, title, artist].flatMap((name) => searchWordsOf(name).map((word) => ` ${word}`)).join("");
    lines.push(line);
    length += line.length;
    if (length >= blockLength) close();
  }
  if (lines.length > 0) close();

  return {
    bytes: blocks.reduce((sum, { text, starts }) => sum + text.length + starts.byteLength, 0),
    async find(query, limit, pause = yieldEvery()) {
      const exact = rows.get(query);
      const found = exact === undefined ? [] : [exact];
      const spellings = queryWordsOf(query).map((words) =>
        [...new Set(words)].toSorted((a, b) => b.length - a.length).map((word) => Buffer.from(` ${word}`)),
      );
      for (const block of blocks) {
        if (found.length >= limit) break;
        await pause();
        const rows = new Set(spellings.flatMap((words) => matches(block, words, limit)));
        rows.delete(exact ?? -1);
        found.push(...[...rows].sort((a, b) => a - b));
      }
      return found.slice(0, limit);
    },
  };
}

/** @param words the longest first @returns rows, at most one more than the limit */
function matches({ first, text, starts }: NameBlock, [longest, ...others]: readonly Buffer[], limit: number): number[] {
  const rows: number[] = [];
  if (longest === undefined || !others.every((word) => text.includes(word))) return rows;
  for (let at = text.indexOf(longest); at >= 0 && rows.length <= limit;) {
    const line = lineAt(starts, at);
    const [start, end] = [starts[line] ?? 0, starts[line + 1] ?? text.length];
    const names = text.subarray(start, end);
    if (others.every((word) => names.includes(word))) rows.push(first + line);
    at = text.indexOf(longest, end);
  }
  return rows;
}

/** Returns the line that contains an offset. */
function lineAt(starts: Uint32Array, offset: number): number {
  let low = 0;
  for (let high = starts.length - 1; high - low > 1;) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}

function createBlock(first: number, lines: readonly string[]): NameBlock {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const starts = new Uint32Array(lines.length + 1);
  for (let line = 0; line < lines.length; line++) starts[line + 1] = text.indexOf(lineEnd, starts[line]) + 1;
  return { first, text, starts };
}

function endOf(block: NameBlock | undefined): number {
  return block ? block.first + block.starts.length - 1 : 0;
}
