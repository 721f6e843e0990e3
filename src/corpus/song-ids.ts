export const songIdKinds = ["numbers", "text"] as const;
/**
 * How ids are compared. `numbers`: `0012345`, `12345.0` and `="12345"` are the song `12345`, with any number of digits,
 * and other ids are trimmed. `text`: ids are taken literally.
 */
export type SongIds = (typeof songIdKinds)[number];

/**
 * Why a text is not an id. `missing`: a marker of a missing value. `lostDigits`: scientific notation, as a spreadsheet
 * saves long numbers. `ambiguousNumber`: `12.000` may be 12 or 12,000.
 */
export type IdProblem = "missing" | "lostDigits" | "ambiguousNumber";

export type ParsedId = { readonly id: string } | { readonly problem: IdProblem };

/** Lower-cased markers of missing values: of the article, of pandas, of databases and of spreadsheets. */
const missingMarkers = new Set(
  (
    "|?|nan|-nan|null|none|na|n/a|<na>|nat|nil|undefined|1.#ind|-1.#ind|1.#qnan|-1.#qnan|\\n|(null)|[null]|<null>|<none>|" +
    "(blank)|n.a.|-|--|.|#n/a|#na|#n/a n/a|#nv|#n/d|#null!|#ref!|#value!|#name?|#num!|#div/0!|#error!|#spill!|#calc!|" +
    "#bezug!|#wert!|#zahl!|#valeur!|#nom?|#nombre!|#\u00a1ref!|#\u00a1valor!|#\u00a1num!|#\u00a1div/0!|#\u00bfnombre?|#valor!|#nome?"
  ).split("|"),
);

const plainNumber = /^(?:0|[1-9][0-9]{0,14})$/;
/** Soft hyphen, zero-width space, marks of the writing direction, word joiners, byte order mark. */
const invisible = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;
const fullWidth = /[\uff0c-\uff0e\uff10-\uff19]/g;
/** `="103"`, which keeps a spreadsheet from reading a number. */
const formula = /^="([^"]*)"$/;
const quotedNumber = /^(["'])(-?[0-9][0-9.,]*)\1$/;
const numberAfterApostrophe = /^['\u2019](-?[0-9][0-9.,]*)$/;
const wholeNumber = /^(-?)(?:0*([1-9][0-9]*)|0+)(?:[.,]0+)?$/;
/** Without a sign, as Java and Spark write it, only behind decimals: `12e4` may be a hexadecimal id. Or a cell too narrow. */
const scientific = /^[-+]?[0-9]+(?:[.,][0-9]+e[-+]?|e[-+])[0-9]+$|^#{3,}$/i;
/** Digits with marks, in India between pairs, and exactly three digits behind the last one but for zeros as decimals. */
const grouped = /^-?[0-9]+(?:,[0-9]{2})*(?:[.,'\u2019\u00a0\u2009\u202f ][0-9]{3})+(?:[.,]0+)?$/;

/** Parses the id of a song, as it stands in a file or a request. */
export function parseSongId(text: string, songIds: SongIds): ParsedId {
  if (plainNumber.test(text)) return { id: text };
  const visible = text.replaceAll(invisible, "").trim();
  if (missingMarkers.has(visible.toLowerCase())) return { problem: "missing" };
  return songIds === "text" ? { id: text } : parseNumber(visible);
}

/** The id that a request means: normalised, or unchanged if it is none. */
export function normalizeSongId(text: string, songIds: SongIds): string {
  const parsed = parseSongId(text, songIds);
  return "id" in parsed ? parsed.id : text;
}

function parseNumber(visible: string): ParsedId {
  const text = unquote(visible);
  const halfWidth = text.replaceAll(fullWidth, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0));
  if (scientific.test(halfWidth)) return { problem: "lostDigits" };
  if (grouped.test(halfWidth)) return { problem: "ambiguousNumber" };
  const number = wholeNumber.exec(halfWidth);
  if (number) return { id: number[2] === undefined ? "0" : `${number[1]}${number[2]}` };
  return missingMarkers.has(text.toLowerCase()) ? { problem: "missing" } : { id: text };
}

function unquote(text: string): string {
  const content = formula.exec(text)?.[1]?.trim() ?? text;
  return quotedNumber.exec(content)?.[2] ?? numberAfterApostrophe.exec(content)?.[1] ?? content;
}

/** The id in a cell; undefined if there is none. */
export function readSongId(cell: string, songIds: SongIds): string | undefined {
  const parsed = parseSongId(cell, songIds);
  return "id" in parsed ? parsed.id : undefined;
}
