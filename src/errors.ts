/**
 * Every failure that song2vec names: its HTTP status and its message. What is below 500 the caller can mend; of a 500 the
 * text stays in the log.
 */
const failures = {
  VALIDATION_FAILED: failure(400, (p: { where: string }) => `The ${p.where} does not fit the schema.`),
  MALFORMED_JSON: failure(400, (p: { reason: string }) => `The body is not JSON: ${p.reason}.`),
  JSON_TOO_LARGE: failure(400, (p: { problem: string }) => `The body has ${p.problem}.`),
  BAD_REQUEST: failure(400, (p: { reason: string }) => p.reason),
  UNKNOWN_COLUMN: failure(
    400,
    (p: { column: string; known: readonly string[] }) =>
      `The catalogue has no column ${quote(p.column)}; it has ${p.known.slice(0, 20).map(quote).join(", ")}${p.known.length > 20 ? " …" : ""}.`,
  ),
  UNAUTHENTICATED: failure(401, (p: { reason: string }) => p.reason),
  FORBIDDEN: failure(
    403,
    (p: { role: string; needed: string }) =>
      `This needs a key of the role ${p.needed}; yours is of the role ${p.role}.`,
  ),
  HOST_REFUSED: failure(
    403,
    (p: { host: string }) =>
      `Without API keys this is served to its own machine only, not under the name ${quote(p.host)}.`,
  ),
  ROUTE_NOT_FOUND: failure(404, (p: { method: string; path: string }) => `There is no ${p.method} ${p.path}.`),
  SONG_NOT_FOUND: failure(404, (p: { songId: string }) => `The model knows no song ${quote(p.songId)}.`),
  TRAINING_JOB_NOT_FOUND: failure(
    404,
    (p: { kind: string; jobId: string }) => `There is no ${p.kind} job ${quote(p.jobId)}.`,
  ),
  REQUEST_TIMEOUT: failure(408, () => "The request did not come in within its time."),
  TRAINING_JOB_ENDED: failure(
    409,
    (p: { kind: string; jobId: string; state: string }) =>
      `The ${p.kind} job ${quote(p.jobId)} is over: it ${p.state}.`,
  ),
  VECTOR_NOT_FOUND: failure(404, (p: { songId: string }) => `The song ${quote(p.songId)} has no provisional vector.`),
  SONG_TRAINED: failure(
    409,
    (p: { songId: string }) =>
      `The model knows the song ${quote(p.songId)} from playlists: it takes no provisional vector.`,
  ),
  TOO_MANY_PROVISIONAL_SONGS: failure(
    409,
    (p: { limit: number }) =>
      `There are ${grouped(p.limit)} provisional songs already, and the model knows none of them yet: delete some, or train.`,
  ),
  PLAYLIST_NOT_FOUND: failure(404, (p: { playlistId: string }) => `There is no playlist ${quote(p.playlistId)}.`),
  MODEL_IN_USE: failure(
    409,
    (p: { version: number; reason: string }) => `Model version ${p.version} can not be deleted: ${p.reason}.`,
  ),
  PLAYLIST_CHANGED: failure(
    412,
    (p: { playlistId: string }) =>
      `Playlist ${quote(p.playlistId)} is not what the request takes it to be: read it again.`,
  ),
  BODY_TOO_LARGE: failure(413, (p: { limit: number }) => `The body is larger than the limit of ${p.limit} bytes.`),
  UNSUPPORTED_MEDIA_TYPE: failure(
    415,
    (p: { mediaType: string; wanted?: string }) =>
      `The body must be ${p.wanted ?? "application/json"}, not ${quote(p.mediaType)}.`,
  ),
  ENCODING_UNSUPPORTED: failure(
    415,
    (p: { coding: string }) => `The body must come as it is, not as ${quote(p.coding)}.`,
  ),
  UNKNOWN_SONGS: failure(
    422,
    (p: { songIds: readonly string[] }) =>
      `The model does not know ${p.songIds.length === 1 ? "this song" : "these songs"}: ${p.songIds.slice(0, 5).map(quote).join(", ")}${p.songIds.length > 5 ? " …" : ""}.`,
  ),
  TRAINING_TOO_LARGE: failure(
    422,
    (p: {
      songs: number;
      vectorSize: number;
      needed: number;
      limit: number;
      of: string;
      fitting: Readonly<Record<string, number>>;
    }) =>
      `Training ${grouped(p.songs)} songs in ${p.vectorSize} dimensions needs ${gibibytes(p.needed)}, the limit of ${p.of} is ${gibibytes(p.limit)}: ${alternatives(p.fitting)}.`,
  ),
  TUNING_TOO_SHORT: failure(
    422,
    (p: { minutes: number }) =>
      `In ${grouped(p.minutes)} minutes not even the preset was trained and judged: give it more, or fewer epochs to begin with.`,
  ),
  WARM_START_MISMATCH: failure(
    422,
    (p: { version: number; found: number; wanted: number }) =>
      `Model version ${p.version} has vectors of ${p.found} dimensions, this training has vectorSize ${p.wanted}: a warm start needs both to be the same.`,
  ),
  MODEL_UNSOUND: failure(
    422,
    (p: { version: number; reason: string }) => `Model version ${p.version} can not serve: ${p.reason}.`,
  ),
  IDEMPOTENCY_KEY_REUSED: failure(
    422,
    (p: { key: string }) => `The Idempotency-Key ${quote(p.key)} belongs to another request.`,
  ),
  RATE_LIMITED: failure(
    429,
    (p: { what: string; limit: number; retryAfter: number }) =>
      `${p.limit} ${p.what} a minute are the limit; come again in ${p.retryAfter} s.`,
  ),
  HEADERS_TOO_LARGE: failure(431, () => "The headers are larger than a request may have."),
  INTERNAL: failure(500, () => "Something went wrong here; the log has the details."),
  MODEL_NOT_READY: failure(
    503,
    (p: { progress?: { phase: string; share: number; etaSeconds: number | null } }) =>
      `There is no model to answer from yet${p.progress ? `: ${p.progress.phase}, ${Math.round(p.progress.share * 100)} % done` : ""}.`,
  ),
  OVERLOADED: failure(503, () => "More is asked for than can be answered just now."),
  STOPPING: failure(503, () => "This server is being stopped."),
  TOO_MANY_EXPORTS: failure(503, (p: { limit: number }) => `${p.limit} exports are running already.`),
  COMPARISON_QUEUE_FULL: failure(503, (p: { limit: number }) => `${p.limit} comparisons are waiting already.`),
  STORE_BUSY: failure(503, () => "More is to be stored than the disk takes right now."),
  TOO_MANY_STREAMS: failure(503, (p: { limit: number }) => `${p.limit} event streams are open already.`),
  STORAGE_FULL: failure(507, () => "The disk is full: nothing was stored."),
  TRAINING_QUEUE_FULL: failure(
    503,
    (p: { kind: string; limit: number }) => `${p.limit} ${p.kind} jobs are waiting already.`,
  ),

  PLAYLISTS_UNREADABLE: failure(422, (p: { file: string; reason: string }) => `${p.file}: ${p.reason}`),
  COLUMN_MISSING: failure(
    422,
    (p: { file: string; column: string; found: readonly string[] }) =>
      `${p.file}, line 1: no column ${quote(p.column)}; the header has ${p.found.slice(0, 20).map(quote).join(", ") || "nothing"}${p.found.length > 20 ? " …" : ""}`,
  ),
  NOT_UTF8: failure(
    422,
    (p: { file: string; line: number; hint: string }) => `${p.file}, line ${p.line}: not UTF-8 (${p.hint})`,
  ),
  TOO_MANY_MALFORMED_ROWS: failure(
    422,
    (p: { file: string; malformed: number; rows: number; line: number; reason: string }) =>
      `${p.file}: ${p.malformed} of ${p.rows} rows are malformed, more than 1 %; the first is line ${p.line}: ${p.reason}`,
  ),
  NO_PLAYLISTS: failure(422, (p: { file: string; reason: string }) => `${p.file}: ${p.reason}`),

  MODEL_DAMAGED: failure(500, (p: { file: string; reason: string }) => `${p.file} is damaged: ${p.reason}`),
  MODEL_NOT_FOUND: failure(404, (p: { version: string }) => `There is no model version ${p.version}.`),
  VECTORS_UNREADABLE: failure(422, (p: { file: string; reason: string }) => `${p.file}${p.reason}`),
  EXPORT_IMPOSSIBLE: failure(422, (p: { reason: string }) => p.reason),
  OUTPUT_UNWRITABLE: failure(500, (p: { path: string; reason: string }) => `Cannot write to ${p.path}: ${p.reason}.`),
  TRAINER_FAILED: failure(500, (p: { reason: string }) => `The trainer ended without a model: ${p.reason}`),
  TRAINING_DEADLINE: failure(
    504,
    (p: { seconds: number }) => `It was not done after ${grouped(p.seconds)} s, its deadline.`,
  ),
  INTERRUPTED: failure(503, () => "The server ended while it ran."),
  MODEL_REJECTED: failure(422, (p: { reason: string }) => `The new version does not serve: ${p.reason}`),
  CANCELLED: failure(409, () => "Cancelled."),
  PORT_UNAVAILABLE: failure(
    500,
    (p: { host: string; port: number; reason: string }) => `Cannot listen on ${p.host}:${p.port}: ${p.reason}.`,
  ),
  STORE_TOO_NEW: failure(
    500,
    (p: { found: number; known: number }) =>
      `The database has format ${p.found}, from a newer song2vec; this one knows up to ${p.known}`,
  ),
  DATA_DIR_IN_USE: failure(500, (p: { path: string }) => `Another server runs on the data folder ${p.path}.`),
  DATA_DIR_UNUSABLE: failure(
    500,
    (p: { path: string; reason: string }) => `Cannot write to the data folder ${p.path}: ${p.reason}.`,
  ),
  USAGE: failure(400, (p: { reason: string }) => p.reason),
  SETTING_INVALID: failure(400, (p: { reason: string }) => p.reason),
};

type Failures = typeof failures;
export type ErrorCode = keyof Failures;
type Params<C extends ErrorCode> = Parameters<Failures[C]["message"]>[0];

export class Song2vecError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly params: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, params: Readonly<Record<string, unknown>>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Song2vecError";
    this.code = code;
    this.status = failures[code].status;
    this.params = params;
  }
}

/** An error of the table, typed by its code; `cause` is what brought it about. */
export function createError<C extends ErrorCode>(
  code: C,
  ...[params, options]: undefined extends Params<C>
    ? [params?: undefined, options?: { cause?: unknown }]
    : [params: Params<C>, options?: { cause?: unknown }]
): Song2vecError {
  const message = failures[code].message as (params: unknown) => string;
  return new Song2vecError(code, message(params), (params ?? {}) as Record<string, unknown>, options?.cause);
}

/** An error as another thread or process, or a job, is told of it. */
export function describeError(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  return { code: error instanceof Song2vecError ? error.code : "INTERNAL", message: messageOf(error) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error that `describeError` described. */
export function errorFrom(code: string, message: string): Song2vecError {
  return new Song2vecError(isErrorCode(code) ? code : "INTERNAL", message, {});
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(failures, code);
}

function failure<P>(status: number, message: (params: P) => string) {
  return { status, message };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function alternatives(fitting: Readonly<Record<string, number>>): string {
  const settings = Object.entries(fitting).map(([name, value]) => `${name} ${grouped(value)}`);
  if (settings.length === 0) return "neither a lower vectorSize nor a lower maxVocabulary would fit";
  return `${new Intl.ListFormat("en", { type: "disjunction" }).format(settings)} would fit`;
}

function grouped(value: number): string {
  return value.toLocaleString("en");
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
