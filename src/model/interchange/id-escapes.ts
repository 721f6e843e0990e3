/**
 * Ids in formats that part cells and lines by blanks. What such a format can't hold is written as percent and the bytes
 * of its UTF-8 in hexadecimal, as in URLs (`two words`: `two%20words`), a lone surrogate as `%uD800`; a percent sign as
 * `%25` only where it would be taken for such an escape. All else stays as it is, emoji and letters of all scripts too.
 */
const taken = /%(?=[\da-f]{2}|ud[89a-f][\da-f]{2})/gi;
const escapes = /(?:%[\da-f]{2})+|%u(d[89a-f][\da-f]{2})/gi;

/** All that Unicode calls a blank (Python splits lines of word counts by these), controls, and U+FEFF. */
const blanks = /[\p{White_Space}\p{Cc}\ufeff]|\p{Cs}/gu;
/** Controls, tabs and line ends among them, and the line ends of Unicode. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}]|\p{Cs}/gu;

/** An id without blanks and controls, from which `unescapeId` gets the id back. */
export function escapeId(id: string): string {
  return id.replace(taken, "%25").replace(blanks, escapeCharacter);
}

/** What `escapeId` was given. Escapes that are not valid UTF-8 are no escapes. */
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

/** A cell of a table with tabs; blanks stay, and spreadsheets take none for a formula: those that start with = + - @ get a ' in front. */
export function escapeCell(text: string): string {
  return text.replace(/^(?=['=+\-@])/, "'").replace(controls, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (code >= 0xd800 && code <= 0xdfff) return `%u${code.toString(16).toUpperCase()}`;
  if (code < 0x80) return `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
  return encodeURIComponent(character);
}
