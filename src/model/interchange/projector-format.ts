import { escapeCell } from "./id-escapes.ts";
import type { RowBatch } from "../format/rows.ts";
import type { Song } from "../format/songs.ts";
import { type MatrixShape, songLines, vectorLines } from "./word2vec-format.ts";

/** Vectors for the TensorBoard projector: one line per vector, values separated by tabs. */
export async function* projectorVectors(shape: MatrixShape, rows: AsyncIterable<RowBatch>): AsyncGenerator<Uint8Array> {
  yield* vectorLines(shape, rows, "\t", () => "");
}

/** Metadata for the TensorBoard projector: a header, then one line per song. */
export async function* projectorMetadata(
  { songs: limit }: MatrixShape,
  songs: AsyncIterable<Song>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from("id\tcount\ttitle\tartist\n");
  yield* songLines(
    limit,
    songs,
    ({ id, count, title = "", artist = "" }) => `${[id, String(count), title, artist].map(escapeCell).join("\t")}\n`,
  );
}
