import { escapeCell } from "./id-escapes.ts";
import type { RowBatch } from "../format/rows.ts";
import type { Song } from "../format/songs.ts";
import { type MatrixShape, songLines, vectorLines } from "./word2vec-format.ts";

/** The vectors for TensorBoard's projector: a line each, values parted by tabs. */
export async function* projectorVectors(shape: MatrixShape, rows: AsyncIterable<RowBatch>): AsyncGenerator<Uint8Array> {
  yield* vectorLines(shape, rows, "\t", () => "");
}

/** The metadata that goes with them: a header, and a line for each song. */
export async function* projectorMetadata(
  { songs: most }: MatrixShape,
  songs: AsyncIterable<Song>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from("id\tcount\ttitle\tartist\n");
  yield* songLines(
    most,
    songs,
    ({ id, count, title = "", artist = "" }) => `${[id, String(count), title, artist].map(escapeCell).join("\t")}\n`,
  );
}
