/** An entity tag of RFC 9110, 8.8.3. */
const entityTag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/**
 * Parses the value of If-Match or If-None-Match (RFC 9110, 13.1).
 * @returns the tags with their quotes, `*` for any, undefined for a malformed value
 */
export function parseEntityTags(value: string): "*" | readonly string[] | undefined {
  if (value.trim() === "*") return "*";
  const separators = value.split(entityTag);
  const areTagsSeparated = separators.every(
    (text, i) => /^[ \t,]*$/.test(text) && (text.includes(",") || i === 0 || i === separators.length - 1),
  );
  return separators.length > 1 && areTagsSeparated ? value.match(entityTag)?.slice() : undefined;
}

/** The tag for a comparison that ignores whether tags are weak. */
export function withoutWeakness(tag: string): string {
  return tag.replace(/^W\//, "");
}
