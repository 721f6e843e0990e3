const ascii = /^[ -~\n]*$/;

/** Splits text into words without case, accents and punctuation. Symbols count as letters. */
export function wordsOf(text: string): string[] {
  const plain = ascii.test(text) ? text : text.normalize("NFKD").replaceAll(/\p{M}/gu, "");
  return plain
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{S}]+/u)
    .filter((word) => word !== "");
}

/**
 * Folds a name, so that spellings of the same name are equal. A name without words, such as "!!!", is only lower-cased.
 */
export function fold(name: string): string {
  return wordsOf(name).join(" ") || name.trim().toLowerCase();
}

/** Words that mark a version of a song. */
const versionWords = new Set(
  `acoustic album alternate audio bonus clean demo deluxe edit edition explicit extended feat featuring ft from
  instrumental karaoke live mix mono original radio recorded recording remaster remastered remix rerecorded session
  sessions single soundtrack stereo take unplugged version video`.split(/\s+/),
);

/**
 * Returns the key that all versions of a song share: folded title without version markers, and folded artist.
 * Markers such as "(Live at Wembley)" and "- Remastered 2009" are removed; other additions such as "(Part 2)" stay.
 *
 * @returns undefined if title or artist is unknown
 */
export function canonicalTitle({
  title,
  artist,
}: {
  readonly title?: string;
  readonly artist?: string;
}): string | undefined {
  if (title === undefined || artist === undefined) return undefined;
  const [first = "", ...additions] = title.split(/\s[-–—]\s/u);
  const parts = [first, ...additions.filter((addition) => !isVersionMarker(addition))];
  const baseTitle = parts
    .join(" ")
    .replaceAll(/\([^()]*\)|\[[^[\]]*\]/g, (addition) => (isVersionMarker(addition) ? " " : addition));
  return `${fold(baseTitle.trim() === "" ? title : baseTitle)}\n${fold(artist)}`;
}

function isVersionMarker(addition: string): boolean {
  const words = wordsOf(addition);
  return words.some((word) => versionWords.has(word)) || (words.length === 1 && /^(19|20)\d\d$/.test(words[0] ?? ""));
}
