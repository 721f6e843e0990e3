const ascii = /^[ -~\n]*$/;

/** Words without case, accents and punctuation; symbols are letters. */
export function wordsOf(text: string): string[] {
  const plain = ascii.test(text) ? text : text.normalize("NFKD").replaceAll(/\p{M}/gu, "");
  return plain
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{S}]+/u)
    .filter((word) => word !== "");
}

/** What is the same name has the same fold; a name without words, as "!!!", is its own. */
export function fold(name: string): string {
  return wordsOf(name).join(" ") || name.trim().toLowerCase();
}

/** Words that tell a version of a song, not the song. */
const versionWords = new Set(
  `acoustic album alternate audio bonus clean demo deluxe edit edition explicit extended feat featuring ft from instrumental karaoke
  live mix mono original radio recorded recording remaster remastered remix rerecorded session sessions single soundtrack stereo take
  unplugged version video`.split(/\s+/),
);

/**
 * What versions of a song have in common: its folded title, without additions in brackets or after a dash that tell a
 * version ("(Live at Wembley)", "- Remastered 2009"), and its folded artist. Other additions stay: "(Part 2)" is a song.
 *
 * @returns undefined for a song of which either is unknown
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
