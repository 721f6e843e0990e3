import { Readable } from "node:stream";
import { type Corpus, type CorpusOptions, readCorpus } from "../../src/corpus/corpus.ts";

export const header = "Category,master_number\n";

/** Reads text or bytes as standard input; keeps all songs and playlists by default. */
export function readText(content: string | Buffer | Buffer[], options: Partial<CorpusOptions> = {}): Promise<Corpus> {
  const chunks = Array.isArray(content) ? content : [Buffer.from(content)];
  return readCorpus({
    sources: ["-"],
    standardInput: Readable.from(chunks),
    minCount: 1,
    minPlaylistLength: 1,
    ...options,
  });
}

/** The playlists as song ids. */
export function playlistsOf({ tokens, offsets, vocabulary }: Corpus): string[][] {
  return Array.from({ length: offsets.length - 1 }, (_, i) =>
    Array.from(tokens.subarray(offsets[i], offsets[i + 1]), (row) => vocabulary.ids[row] ?? ""),
  );
}

/** @returns `count` valid rows of playlist `a` with songs 1, 2, 3 … */
export function validRows(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `a,${i + 1}`);
}
