import { createError, Song2vecError } from "../errors.ts";
import type { PlaylistContent, PlaylistStore } from "../store/store.ts";
import { withTimeouts } from "./timeouts.ts";
import { type ImportLine, playlistLineSchema } from "./schemas/playlists.ts";
import { toProblem } from "./schemas/problem.ts";
import { isBlank } from "./security/json.ts";

const newline = 0x0a;
/** Limits of one commit. */
const batchLines = 1000;
const batchBytes = 2 ** 20;
const maxLineBytes = 4 * 2 ** 20;
/** Milliseconds without new lines after which an incomplete batch is stored. */
const flushDelay = 100;
/** An import with more invalid lines is aborted, so that the response stays small. */
const maxFailures = 10_000;

const tooManyFailures = {
  code: "VALIDATION_FAILED",
  detail: `More than ${maxFailures.toLocaleString("en")} lines are invalid.`,
};

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Stores playlists, one JSON object per line. One batch is stored while the next one is read.
 *
 * @param afterLine number of lines to skip
 * @param onFailure receives an unexpected error that ends the import
 * @returns each invalid line, each line number up to which everything is stored durably, and how the import ended
 * @throws STORAGE_FULL, STORE_BUSY and other errors before the first line of the result; later they end the result
 */
export async function* importPlaylists(
  bytes: AsyncIterable<Buffer>,
  store: Pick<PlaylistStore, "putAll">,
  afterLine: number,
  onFailure: (error: unknown) => void = () => {},
): AsyncGenerator<ImportLine> {
  const counts = { lines: 0, stored: 0, failed: 0 };
  let batch: PlaylistContent[] = [];
  let size = 0;
  let acknowledged = 0;
  let hasResponded = false;
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

  /** Starts to store the batch after the previous batch is stored. */
  async function flush(): Promise<void> {
    await finishStoring();
    const [playlists, lines] = [batch, counts.lines];
    batch = [];
    size = 0;
    storing = store.putAll(playlists).then(() => ({ lines, count: playlists.length }));
    storing.catch(() => {}); // awaited later
  }

  async function finishStoring(): Promise<void> {
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
    hasResponded ||= lines.length > 0;
    yield* lines;
  }

  try {
    for await (const lines of withTimeouts(splitLines(bytes), flushDelay)) {
      for (const line of lines ?? []) {
        read(line);
        if (batch.length >= batchLines || size >= batchBytes) await flush();
      }
      if (lines === undefined && (batch.length > 0 || counts.lines > acknowledged)) await flush().then(finishStoring);
      yield* take();
      if (counts.failed > maxFailures) break;
    }
    await flush().then(finishStoring);
    yield* take();
    if (counts.failed <= maxFailures) yield { done: true, ...counts };
    else yield { done: false, ...counts, error: tooManyFailures };
  } catch (error) {
    await finishStoring().catch(() => {}); // of the batch before the error, or that is the error
    if (!hasResponded && acknowledged === 0) throw error;
    if (!(error instanceof Song2vecError)) onFailure(error);
    yield* take();
    const { code, detail } = toProblem(error instanceof Song2vecError ? error : createError("INTERNAL"));
    yield { done: false, ...counts, error: { code, detail } };
  }
}

function parseLine(
  line: Buffer | undefined,
): { playlist: PlaylistContent } | { error: { code: string; detail: string } } {
  const invalid = (detail: string) => ({ error: { code: "VALIDATION_FAILED", detail } });
  if (line === undefined) return invalid(`The line is longer than ${maxLineBytes} bytes.`);
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

/** Yields the complete lines of each chunk, at most a batch at a time. undefined replaces a line that is too long. */
async function* splitLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<(Buffer | undefined)[]> {
  let parts: Buffer[] = [];
  let length = 0;
  function end(last: Buffer): Buffer | undefined {
    const line =
      length + last.length > maxLineBytes ? undefined : parts.length === 0 ? last : Buffer.concat([...parts, last]);
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
    if (length > maxLineBytes) parts = [];
    else if (rest.length > 0) parts.push(rest);
    yield lines;
  }
  if (length > 0) yield [end(Buffer.alloc(0))];
}

/** A line of white space is empty. */
function trim(line: Buffer): Buffer {
  return isBlank(line) ? line.subarray(0, 0) : line;
}
