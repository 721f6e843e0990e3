import { expect, test } from "vitest";
import { readSongs } from "../../src/console/views/try-it/read-songs.ts";

const ids = (text: string) => readSongs(text).map(({ id }) => id);

test.each([
  ["lines", "12\n\n 7 \r\n?\n12", ["12", "7", "12"]],
  ["numbers in one line", "12, 7;9 12", ["12", "7", "9", "12"]],
  ["a byte order mark", "\uFEFF12\n7", ["12", "7"]],
  ["a header of one column", "song_id\n12\n7", ["12", "7"]],
  ["a named column", "id,title\n12,One\n7,Two", ["12", "7"]],
  ["the last column, without a header", "1;12\n1;7", ["12", "7"]],
  ["quotes", 'id,title\n"12","One, two"\n7,Two', ["12", "7"]],
  ["a JSON array", '[12, "7"]', ["12", "7"]],
  ["broken JSON", "[12, ", []],
  [
    "titles with commas",
    "Earth, Wind & Fire - September\nABBA - Waterloo",
    ["Earth, Wind & Fire - September", "ABBA - Waterloo"],
  ],
  ["one title", "Earth, Wind & Fire - September", ["Earth, Wind & Fire - September"]],
  ["nothing", " \n", []],
])("reads %s", (_what, text, expected) => expect(ids(text)).toEqual(expected));

test("M3U lines have the title and artist of their #EXTINF", () => {
  const text = "#EXTM3U\r\n#EXTINF:-1,ABBA - Waterloo\r\nmusic/waterloo.mp3\r\n12\r\n";
  expect(readSongs(text)).toEqual([
    { id: "music/waterloo.mp3", name: "ABBA - Waterloo" },
    { id: "12", name: "12" },
  ]);
});

test("at most 10,000 songs are read", () => expect(readSongs("1\n".repeat(10_001))).toHaveLength(10_000));
