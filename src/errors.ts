interface TrainingSize {
  readonly songs: number;
  readonly vectorSize: number;
  /** Bytes. */
  readonly needed: number;
  readonly limit: number;
  /** What has the limit, as in "this machine". */
  readonly of: string;
  /** Hyperparameters that would fit, with their largest value. */
  readonly fitting: Readonly<Record<string, number>>;
}

interface UnreadableIds {
  readonly file: string;
  readonly problem: "lostDigits" | "ambiguousNumber";
  readonly dropped: number;
  readonly rows: number;
  /** The first dropped row. */
  readonly line: number;
  readonly id: string;
}

/**
 * The errors of song2vec by code: HTTP status, what is wrong, and what to do about it. Below 500 the client is at fault.
 * The text of a 500 stays in the log.
 */
const failures = {
  VALIDATION_FAILED: failure(
    400,
    (p: { where: string; missing?: boolean }) => `${p.missing ? "Missing" : "Invalid"} ${p.where}.`,
    () => "See `errors` for each field.",
  ),
  MALFORMED_JSON: failure(400, (p: { reason: string }) => `Body is not valid JSON: ${p.reason}.`),
  JSON_TOO_LARGE: failure(400, (p: { problem: string }) => `JSON limit exceeded: the body has ${p.problem}.`),
  BAD_REQUEST: failure(400, (p: { reason: string }) => p.reason),
  UNKNOWN_COLUMN: failure(
    400,
    (p: { column: string; known: readonly string[] }) =>
      `Column ${quote(p.column)} not found in the catalogue. Columns: ${list(p.known, 20)}.`,
  ),
  UNAUTHENTICATED: failure(401, (p: { presented: boolean }) =>
    p.presented ? "Invalid API key." : 'Missing API key. Send the header "Authorization: Bearer <key>".',
  ),
  FORBIDDEN: failure(
    403,
    (p: { role: string; needed: string; advice?: string }) =>
      `Role ${p.needed} required; the API key has role ${p.role}.`,
    ({ advice }) => advice,
  ),
  HOST_REFUSED: failure(
    403,
    (p: { host: string }) => `Host ${quote(p.host)} not allowed, or forwarded by a proxy.`,
    () => "Without API keys only this machine has access. Set API_KEYS to allow others.",
  ),
  ROUTE_NOT_FOUND: failure(404, (p: { method: string; path: string }) => `Route ${p.method} ${p.path} not found.`),
  SONG_NOT_FOUND: failure(
    404,
    (p: { songId: string; modelVersion: number }) =>
      `Song ${quote(p.songId)} not found in model version ${p.modelVersion}.`,
  ),
  TRAINING_JOB_NOT_FOUND: failure(
    404,
    (p: { kind: string; jobId: string }) => `${capitalised(p.kind)} job ${quote(p.jobId)} not found.`,
  ),
  METHOD_NOT_ALLOWED: failure(
    405,
    (p: { method: string; allow: readonly string[] }) => `Method ${p.method} not allowed for this path.`,
    ({ allow }) => `Use ${alternatives(allow)}.`,
  ),
  REQUEST_TIMEOUT: failure(408, () => "Timeout while receiving the request."),
  TRAINING_JOB_ENDED: failure(
    409,
    (p: { kind: string; jobId: string; state: string }) =>
      `${capitalised(p.kind)} job ${quote(p.jobId)} has already ended: ${p.state}.`,
  ),
  VECTOR_NOT_FOUND: failure(404, (p: { songId: string }) => `Song ${quote(p.songId)} has no provisional vector.`),
  SONG_TRAINED: failure(
    409,
    (p: { songId: string }) =>
      `Song ${quote(p.songId)} has a trained vector. Only untrained songs can have a provisional one.`,
  ),
  TOO_MANY_PROVISIONAL_SONGS: failure(
    409,
    (p: { limit: number }) => `Limit of ${grouped(p.limit)} provisional songs reached.`,
    () => "Delete some or retrain.",
  ),
  PLAYLIST_NOT_FOUND: failure(404, (p: { playlistId: string }) => `Playlist ${quote(p.playlistId)} not found.`),
  MODEL_IN_USE: failure(
    409,
    (p: { version: number; reason: string }) => `Cannot delete model version ${p.version}: ${p.reason}.`,
  ),
  MODEL_LOADING: failure(
    409,
    (p: { version: number; retryAfter: number }) => `Model version ${p.version} is not loaded yet.`,
    ({ retryAfter }) => `Retry in ${retryAfter} s.`,
  ),
  PLAYLIST_CHANGED: failure(
    412,
    (p: { playlistId: string; etag: string | null }) =>
      `Precondition failed for playlist ${quote(p.playlistId)}: ${p.etag === null ? "it does not exist" : `its ETag is ${p.etag}`}.`,
    () => "Fetch it again and retry.",
  ),
  BODY_TOO_LARGE: failure(413, (p: { limit: number }) => `Body exceeds the limit of ${grouped(p.limit)} bytes.`),
  UNSUPPORTED_MEDIA_TYPE: failure(
    415,
    (p: { mediaType: string; wanted: readonly string[] }) =>
      p.mediaType === "" ? "Content-Type missing." : `Content-Type ${quote(p.mediaType)} not supported.`,
    ({ wanted }) => (wanted.length === 0 ? "Send no body." : `Use ${alternatives(wanted)}.`),
  ),
  ENCODING_UNSUPPORTED: failure(
    415,
    (p: { coding: string }) => `Content-Encoding ${quote(p.coding)} not supported.`,
    () => "Send the body uncompressed.",
  ),
  UNKNOWN_SONGS: failure(
    422,
    (p: { songIds: readonly string[]; unknown?: Readonly<Record<string, readonly string[]>> }) => {
      const fields = Object.entries(p.unknown ?? {}).map(([field, ids]) => `${list(ids, 5)} (in ${field})`);
      const parts = [...(p.songIds.length > 0 ? [list(p.songIds, 5)] : []), ...fields];
      const count = Object.values(p.unknown ?? {}).reduce((sum, ids) => sum + ids.length, p.songIds.length);
      return `${count === 1 ? "Song" : "Songs"} not found: ${parts.join(", ")}.`;
    },
  ),
  TRAINING_TOO_LARGE: failure(
    422,
    (p: TrainingSize) =>
      `Not enough memory: ${grouped(p.songs)} songs with vectorSize ${p.vectorSize} need ${gibibytes(p.needed)}, ` +
      `and ${p.of} has ${gibibytes(p.limit)}.`,
    ({ fitting }) => fittingSettings(fitting),
  ),
  TUNING_TOO_SHORT: failure(
    422,
    (p: { minutes: number }) => `No trial finished within ${grouped(p.minutes)} minutes.`,
    () => "Allow more time or set fewer epochs.",
  ),
  WARM_START_MISMATCH: failure(
    422,
    (p: { version: number; found: number; wanted: number }) =>
      `Cannot start from model version ${p.version}: its vectorSize is ${p.found}, the requested one is ${p.wanted}.`,
  ),
  MODEL_UNSOUND: failure(
    422,
    (p: { version: number; reason: string }) => `Cannot load model version ${p.version}: ${p.reason}.`,
  ),
  IDEMPOTENCY_KEY_REUSED: failure(
    422,
    (p: { key: string }) => `Idempotency-Key ${quote(p.key)} was used for another request.`,
    () => "Use a new key.",
  ),
  RATE_LIMITED: failure(
    429,
    (p: { what: string; limit: number; retryAfter: number }) =>
      `Limit of ${grouped(p.limit)} ${p.what} per minute exceeded.`,
    ({ retryAfter }) => `Retry in ${retryAfter} s.`,
  ),
  HEADERS_TOO_LARGE: failure(431, () => "Request headers too large."),
  INTERNAL: failure(500, () => "Internal server error. See the server log."),
  MODEL_NOT_READY: failure(
    503,
    (p: { progress?: { phase: string; share: number; etaSeconds: number | null } }) =>
      `No model loaded yet.${p.progress ? ` First training: ${p.progress.phase}, ${Math.round(p.progress.share * 100)} % complete.` : ""}`,
  ),
  OVERLOADED: failure(503, () => "Server overloaded. Retry in 1 s."),
  STOPPING: failure(503, () => "Server is shutting down."),
  TOO_MANY_EXPORTS: failure(
    503,
    (p: { limit: number }) => `Limit of ${p.limit} concurrent exports reached. Retry later.`,
  ),
  COMPARISON_QUEUE_FULL: failure(
    503,
    (p: { limit: number }) => `Limit of ${p.limit} queued comparisons reached. Retry later.`,
  ),
  STORE_BUSY: failure(503, () => "Write queue full. Retry in 1 s."),
  TOO_MANY_STREAMS: failure(
    503,
    (p: { limit: number }) => `Limit of ${p.limit} open event streams reached. Retry later.`,
  ),
  STORAGE_FULL: failure(
    507,
    () => "Disk full: the change was not stored.",
    () => "Free space and retry.",
  ),
  TRAINING_QUEUE_FULL: failure(
    503,
    (p: { kind: string; limit: number }) => `Limit of ${p.limit} queued ${p.kind} jobs reached. Retry later.`,
  ),

  PLAYLISTS_UNREADABLE: failure(
    422,
    (p: { file: string; reason: string; advice?: string }) => `Cannot read ${p.file}: ${p.reason}.`,
    ({ advice }) => advice,
  ),
  COLUMN_MISSING: failure(
    422,
    (p: { file: string; column: string; found: readonly string[] }) =>
      `Column ${quote(p.column)} not found in ${p.file}. Columns: ${p.found.length > 0 ? list(p.found, 20) : "none"}.`,
    ({ found }) =>
      found.every((name, at) => name === String(at + 1))
        ? "Columns of files without a header are numbers: set, for example, PLAYLIST_COLUMN=1 and SONG_COLUMN=2."
        : "Set PLAYLIST_COLUMN and SONG_COLUMN, or USER_COLUMN and TIME_COLUMN; a catalogue names the song column as the playlists do. " +
          "For a file without a header, set HEADER=false." +
          (found.length === 1 ? " A first line sep=^ names another separator, such as ^." : ""),
  ),
  NOT_UTF8: failure(
    422,
    (p: { file: string; line: number; hint: string; encoding?: string; likely?: string }) =>
      `${p.file} is not encoded in ${p.encoding ?? "UTF-8"}: line ${grouped(p.line)}, ${p.hint}.`,
    ({ likely, encoding }) =>
      likely === undefined
        ? `Convert the file to UTF-8${encoding === undefined ? "" : ", or set another ENCODING"}.`
        : `Set ENCODING=${likely}, or convert the file to UTF-8.`,
  ),
  TOO_MANY_MALFORMED_ROWS: failure(
    422,
    (p: { file: string; malformed: number; rows: number; line: number; reason: string }) =>
      `More than 1 % of the rows of ${p.file} are malformed: ${grouped(p.malformed)} of ${grouped(p.rows)}. ` +
      `The first is line ${grouped(p.line)}: ${p.reason}.`,
    () => "Correct these rows, or export the file again; quotes within quoted cells are doubled.",
  ),
  SONG_IDS_UNREADABLE: failure(
    422,
    (p: UnreadableIds) =>
      `More than 1 % of the rows of ${p.file} have ids that ` +
      `${p.problem === "lostDigits" ? "have lost digits" : "are ambiguous numbers"}: ` +
      `${grouped(p.dropped)} of ${grouped(p.rows)}. The first is line ${grouped(p.line)}: ${quote(p.id)}.`,
    ({ problem }) =>
      problem === "lostDigits"
        ? "Export the ids again as text, without scientific notation, or set SONG_IDS=text to use them as they are."
        : "Export the ids without separators and decimals, or set SONG_IDS=text to use them as they are.",
  ),
  PLAYLISTS_NOT_SET: failure(
    422,
    () => "PLAYLISTS is not set, and the active model was not trained on the synthetic sample.",
    () => "Start the server with the PLAYLISTS to train on.",
  ),
  NO_PLAYLISTS: failure(422, (p: { file: string; reason: string }) => `No playlists in ${p.file}: ${p.reason}.`),

  MODEL_DAMAGED: failure(500, (p: { file: string; reason: string }) => `${p.file} is corrupt: ${p.reason}`),
  MODEL_NOT_FOUND: failure(404, (p: { version: string }) => `Model version ${p.version} not found.`),
  NO_MODEL: failure(
    404,
    (p: { dataDir: string }) => `No model version in the data directory ${p.dataDir}.`,
    () => "Train one with `song2vec train`, or set DATA_DIR.",
  ),
  VECTORS_UNREADABLE: failure(422, (p: { file: string; reason: string }) => `Cannot read ${p.file}${p.reason}`),
  EXPORT_IMPOSSIBLE: failure(422, (p: { reason: string }) => p.reason),
  OUTPUT_UNWRITABLE: failure(500, (p: { path: string; reason: string }) => `Cannot write to ${p.path}: ${p.reason}.`),
  TRAINER_FAILED: failure(500, (p: { reason: string }) => `Trainer process failed: ${p.reason}`),
  TRAINING_DEADLINE: failure(504, (p: { seconds: number }) => `Deadline of ${grouped(p.seconds)} s exceeded.`),
  INTERRUPTED: failure(503, () => "Interrupted by a server shutdown."),
  MODEL_REJECTED: failure(
    422,
    (p: { reason: string }) => `New model version not activated: ${p.reason}.`,
    () => "The active version stays in use.",
  ),
  CANCELLED: failure(409, () => "Cancelled."),
  PORT_UNAVAILABLE: failure(
    500,
    (p: { host: string; port: number; reason: string }) =>
      `Cannot listen on ${p.host.includes(":") ? `[${p.host}]` : p.host}:${p.port}: ${p.reason}.`,
    () => "Set HOST and PORT to an address that is free.",
  ),
  STORE_TOO_NEW: failure(
    500,
    (p: { found: number; known: number }) =>
      `Database format ${p.found} is newer than this version of song2vec supports (${p.known}).`,
    () => "Update song2vec.",
  ),
  DATA_DIR_IN_USE: failure(
    500,
    (p: { path: string }) => `Data directory ${p.path} is in use by another server.`,
    () => "Stop that server or set another DATA_DIR.",
  ),
  DATA_DIR_UNUSABLE: failure(
    500,
    (p: { path: string; reason: string }) => `Cannot write to the data directory ${p.path}: ${p.reason}.`,
    () => "Set DATA_DIR to a writable directory.",
  ),
  USAGE: failure(
    400,
    (p: { reason: string; advice?: string }) => p.reason,
    ({ advice }) => advice,
  ),
  SETTING_INVALID: failure(
    400,
    (p: { reason: string }) => p.reason,
    () => "`song2vec serve --help` lists the settings and their values.",
  ),
};

type Failures = typeof failures;
export type ErrorCode = keyof Failures;
export const errorCodes = Object.keys(failures) as ErrorCode[];
type Params<C extends ErrorCode> = Parameters<Failures[C]["problem"]>[0];

export class Song2vecError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly params: Readonly<Record<string, unknown>>;
  /** The last sentence of the message, where it says what to do. */
  readonly advice: string | undefined;

  constructor(
    { code, message, advice }: ErrorDescription,
    params: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Song2vecError";
    this.code = code;
    this.status = failures[code].status;
    this.params = params;
    this.advice = advice;
  }
}

/** An error in a message between threads and processes. */
export interface ErrorDescription {
  readonly code: ErrorCode;
  readonly message: string;
  readonly advice?: string | undefined;
}

/** Creates an error of the table, typed by its code. */
export function createError<C extends ErrorCode>(
  code: C,
  ...[params, options]: undefined extends Params<C>
    ? [params?: undefined, options?: { cause?: unknown }]
    : [params: Params<C>, options?: { cause?: unknown }]
): Song2vecError {
  const { problem, advise } = failures[code] as Failure<unknown>;
  const advice = advise?.(params);
  const message = [problem(params), ...(advice === undefined ? [] : [advice])].join(" ");
  return new Song2vecError({ code, message, advice }, (params ?? {}) as Record<string, unknown>, options?.cause);
}

/** @returns code INTERNAL for an error that is not of the table */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Song2vecError)) return { code: "INTERNAL", message: messageOf(error) };
  const { code, message, advice } = error;
  return { code, message, ...(advice !== undefined && { advice }) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error that another process sent. */
interface Sent {
  readonly code: string;
  readonly message: string;
  readonly advice?: string | undefined;
}

/** Restores the error that `describeError` described. */
export function errorFrom({ code, message, advice }: Sent): Song2vecError {
  return new Song2vecError({ code: isErrorCode(code) ? code : "INTERNAL", message, advice });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(failures, code);
}

interface Failure<P> {
  readonly status: number;
  /** What is wrong. */
  readonly problem: (params: P) => string;
  /** What to do. */
  readonly advise: ((params: P) => string | undefined) | undefined;
}

function failure<P>(status: number, problem: (params: P) => string, advise?: Failure<P>["advise"]): Failure<P> {
  return { status, problem, advise };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** The first values, quoted. */
function list(values: readonly string[], max: number): string {
  const more = values.length - max;
  return values.slice(0, max).map(quote).join(", ") + (more > 0 ? ` and ${grouped(more)} more` : "");
}

function alternatives(values: readonly string[]): string {
  return new Intl.ListFormat("en", { type: "disjunction" }).format(values);
}

function fittingSettings(fitting: Readonly<Record<string, number>>): string {
  const settings = Object.entries(fitting).map(([name, value]) => `${name} ${grouped(value)}`);
  if (settings.length === 0) return "No smaller vectorSize or maxVocabulary fits.";
  return `Use ${alternatives(settings)}.`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function grouped(value: number): string {
  return value.toLocaleString("en");
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
