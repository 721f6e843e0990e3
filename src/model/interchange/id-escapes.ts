/**
 * Escapes for ids in formats that separate values by whitespace. Whitespace and control characters are percent-encoded
 * UTF-8 as in URLs (`two words`: `two%20words`), lone surrogates `%uD800`. A percent sign becomes `%25` only where it
 * would be read as an escape. All other characters stay unchanged.
 */
const ambiguousPercent = /%(?=[\da-f]{2}|ud[89a-f][\da-f]{2})/gi;
const escapes = /(?:%[\da-f]{2})+|%u(d[89a-f][\da-f]{2})/gi;

/** Unicode whitespace, at which Python splits lines, control characters, lone surrogates, and U+FEFF. */
const whitespace = /[\p{White_Space}\p{Cc}\ufeff]|\p{Cs}/gu;
/** Control characters, including tabs and line ends, Unicode line separators, and lone surrogates. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}]|\p{Cs}/gu;

/** @returns the id without whitespace and control characters; `unescapeId` restores it */
export function escapeId(id: string): string {
  return id.replace(ambiguousPercent, "%25").replace(whitespace, escapeCharacter);
}

/** The inverse of `escapeId`. Escapes of invalid UTF-8 are taken literally. */
export function unescapeId(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(escapes, (escape, surrogate: string | undefined) => {
    if (surrogate !== undefined) return String.fromCharCode(Number.parseInt(surrogate, 16));
    try {
      return decodeURIComponent(escape);
    } catch {
      return escape;
    }
  });
}

/**
 * Escapes a cell of a tab-separated file. Cells that start with = + - @ get a leading ', so that spreadsheets see no
 * formula.
 */
export function escapeCell(text: string): string {
  return text.replace(/^(?=['=+\-@])/, "'").replace(controls, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (code >= 0xd800 && code <= 0xdfff) return `%u${code.toString(16).toUpperCase()}`;
  if (code < 0x80) return `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
  return encodeURIComponent(character);
}
