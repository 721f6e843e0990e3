import { type Yield, yieldEvery } from "../../model/yield.ts";
import { wordsOf } from "./names.ts";

/** Finds songs by what they are called. */
export interface SongFinder {
  /** Bytes that it holds. */
  readonly bytes: number;
  /**
   * The song with this very id, and then the songs in whose id, title and artist each word of the query begins a word, the most
   * played first. Case, accents and punctuation make no difference. At most one pass over all names, in slices.
   *
   * @returns rows, at most `limit`
   */
  find(query: string, limit: number, pause?: Yield): Promise<number[]>;
}

/** Names of songs that follow each other: for each a line of its words, each with a blank in front. */
interface NameBlock {
  readonly first: number;
  readonly text: Buffer;
  /** Where each line starts, and where the last one ends. */
  readonly starts: Uint32Array;
}

/** Songs in the order in which they are found. */
interface NamedSongs {
  readonly songs: Iterable<{ readonly id: string; readonly title?: string; readonly artist?: string }>;
  /** The place of each id. */
  readonly rows: { get(id: string): number | undefined };
}

const blockLength = 1 << 17;
const lineEnd = 0x0a;

/**
 * Folds the names once: about as many bytes as they have and 4 for each song, outside of the heap. There is no index
 * besides: a search reads on from the most played song until it has enough.
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
    const line = wordsOf(`${id}\n${title}\n${artist}`)
      .map((word) => ` ${word}`)
      .join("");
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
      const [longest, ...others] = [...new Set(wordsOf(query))]
        .toSorted((a, b) => b.length - a.length)
        .map((word) => Buffer.from(` ${word}`));
      if (longest === undefined) return found.slice(0, limit);
      for (const block of blocks) {
        if (found.length >= limit) break;
        await pause();
        for (const row of matches(block, longest, others)) {
          if (row !== exact) found.push(row);
          if (found.length >= limit) break;
        }
      }
      return found.slice(0, limit);
    },
  };
}

function* matches({ first, text, starts }: NameBlock, longest: Buffer, others: readonly Buffer[]): Generator<number> {
  if (!others.every((word) => text.includes(word))) return;
  for (let at = text.indexOf(longest); at >= 0;) {
    const line = lineAt(starts, at);
    const [start, end] = [starts[line] ?? 0, starts[line + 1] ?? text.length];
    const names = text.subarray(start, end);
    if (others.every((word) => names.includes(word))) yield first + line;
    at = text.indexOf(longest, end);
  }
}

/** The last line that starts at or before a place. */
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
