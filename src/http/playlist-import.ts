import { Song2vecError } from "../errors.ts";
import type { PlaylistContent, PlaylistStore } from "../store/store.ts";
import { withPauses } from "./pauses.ts";
import { type ImportLine, playlistLineSchema } from "./schemas/playlists.ts";

const newline = 0x0a;
/** A commit is of so many lines, or of the lines of so many bytes. */
const batchLines = 1000;
const batchBytes = 2 ** 20;
const longestLine = 4 * 2 ** 20;
/** Milliseconds that lines wait for others before they are stored. */
const patience = 100;
/** An import that has more lines that can not be stored breaks off, so that what it answers stays small. */
const mostFailures = 10_000;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Stores playlists, a JSON object per line, and answers as it goes: each line that can not be stored, and up to which
 * line everything is safe on the disk. One batch is stored while the next one is read.
 *
 * @param afterLine lines up to this one are passed over
 * @throws STORAGE_FULL, STORE_BUSY and the errors of the stream, before anything was acknowledged; later they end it
 */
export async function* importPlaylists(
  bytes: AsyncIterable<Buffer>,
  store: Pick<PlaylistStore, "putAll">,
  afterLine: number,
): AsyncGenerator<ImportLine> {
  const counts = { lines: 0, stored: 0, failed: 0 };
  let batch: PlaylistContent[] = [];
  let size = 0;
  let acknowledged = 0;
  let storing: Promise<{ lines: number; count: number }> | undefined;
  let report: ImportLine[] = [];

  function read(line: Buffer | undefined): void {
    counts.lines++;
    if (counts.lines <= afterLine || line?.length === 0) return;
    const result = parseLine(line);
    if ("error" in result) {
      counts.failed++;
      report.push({ line: counts.lines, error: result.error });
    } else {
      batch.push(result.playlist);
      size += line?.length ?? 0;
    }
  }

  /** Begins to store the batch, once the one before is stored. */
  async function flush(): Promise<void> {
    await settle();
    const [playlists, lines] = [batch, counts.lines];
    batch = [];
    size = 0;
    storing = store.putAll(playlists).then(() => ({ lines, count: playlists.length }));
    storing.catch(() => {}); // it is awaited later
  }

  async function settle(): Promise<void> {
    if (storing === undefined) return;
    const { lines, count } = await storing;
    storing = undefined;
    counts.stored += count;
    acknowledged = lines;
    report.push({ acknowledged });
  }

  function* take(): Generator<ImportLine> {
    const lines = report;
    report = [];
    yield* lines;
  }

  try {
    for await (const lines of withPauses(splitLines(bytes), patience)) {
      for (const line of lines ?? []) {
        read(line);
        if (batch.length >= batchLines || size >= batchBytes) await flush();
      }
      if (lines === undefined && (batch.length > 0 || counts.lines > acknowledged)) await flush().then(settle);
      yield* take();
      if (counts.failed > mostFailures) break;
    }
    await flush().then(settle);
    yield* take();
    yield { done: counts.failed <= mostFailures, ...counts };
  } catch (error) {
    if (acknowledged === 0 || !(error instanceof Song2vecError)) throw error;
    yield* take();
    yield { line: acknowledged + 1, error: { code: error.code, detail: error.message } };
    yield { done: false, ...counts };
  }
}

function parseLine(
  line: Buffer | undefined,
): { playlist: PlaylistContent } | { error: { code: string; detail: string } } {
  const invalid = (detail: string) => ({ error: { code: "VALIDATION_FAILED", detail } });
  if (line === undefined) return invalid(`The line is longer than ${longestLine} bytes.`);
  let content: unknown;
  try {
    content = JSON.parse(decoder.decode(line));
  } catch {
    return { error: { code: "MALFORMED_JSON", detail: "The line is not JSON in UTF-8." } };
  }
  const { success, data, error } = playlistLineSchema.safeParse(content);
  if (success) return { playlist: data };
  return invalid(
    error.issues
      .slice(0, 5)
      .map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "))
      .join("; "),
  );
}

/** The lines that each chunk ends, at most a batch at a time, without their ends; undefined in place of one that is too long. */
async function* splitLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<(Buffer | undefined)[]> {
  let parts: Buffer[] = [];
  let length = 0;
  function end(last: Buffer): Buffer | undefined {
    const line =
      length + last.length > longestLine ? undefined : parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts = [];
    length = 0;
    return line === undefined ? undefined : trim(line);
  }
  for await (const chunk of bytes) {
    const lines: (Buffer | undefined)[] = [];
    let start = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      if (lines.length === batchLines) yield lines.splice(0);
      lines.push(end(chunk.subarray(start, at)));
      start = at + 1;
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > longestLine) parts = [];
    else if (rest.length > 0) parts.push(rest);
    yield lines;
  }
  if (length > 0) yield [end(Buffer.alloc(0))];
}

function trim(line: Buffer): Buffer {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
