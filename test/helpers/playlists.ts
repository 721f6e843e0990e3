import { integerBelow } from "../../src/word2vec/random.ts";
import { createRandom } from "../../src/word2vec/random.ts";

/** Ids that are valid, but likely to break code. */
export const hostileIds = [
  "two words",
  "a/b",
  "노래 하나",
  "🎵🎶",
  "__proto__",
  "constructor",
  "%2f",
  "q?x=1&y#z",
  'quo"te',
  "semi;colon,",
  "..",
  "مرحبا",
  "x".repeat(1000),
];

/** CSV of playlists from two groups of songs, each from one group: the hostile ids, and the numbers 1 to 12. */
export function playlistsCsv(): string {
  const random = createRandom(4, 5, 6);
  const groups = [hostileIds, Array.from({ length: 12 }, (_, i) => String(i + 1))];
  const rows = Array.from({ length: 300 }, (_, playlist) => {
    const group = groups[playlist % 2] ?? [];
    return Array.from(
      { length: 6 },
      () => `${playlist},"${(group[integerBelow(group.length, random)] ?? "").replaceAll('"', '""')}"`,
    );
  });
  return ["Category,master_number", ...rows.flat()].join("\n");
}

/** Catalogue of some of the numbers; song 3 is another version of song 1. */
export const catalogueCsv = `master_number,title,artist,genre
1,One,The Numbers,Odd
2,Two,The Numbers,Even
3,One (Live),The Numbers,Odd
4,Four,Quartet,Even
5,Five,Quartet,Odd
6,Six,Quartet,Even
`;
