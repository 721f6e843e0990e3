import { expect, test } from "vitest";
import { readSongs } from "../../src/console/views/try-it/read-songs.ts";

const ids = async (text: string) => (await readSongs(text)).map(({ id }) => id);

test.each([
  ["lines", "12\n\n 7 \r\n?\n12", ["12", "7", "12"]],
  ["numbers in one line", "12, 7;9 12", ["12", "7", "9", "12"]],
  ["a byte order mark", "\uFEFF12\n7", ["12", "7"]],
  ["a header of one column", "song_id\n12\n7", ["12", "7"]],
  ["a named column", "id,title\n12,One\n7,Two", ["12", "7"]],
  ["the column of the article", "Category,master_number\n1,12\n1,7", ["12", "7"]],
  ["the last column, without a header", "1;12\n1;7", ["12", "7"]],
  ["quotes", 'id,title\n"12","One, two"\n7,Two', ["12", "7"]],
  ["an inch mark", 'id\ttitle\n12\tBlue Monday (12" mix)\n7\tTwo', ["12", "7"]],
  ["an empty last cell", "id\ttitle\n12\tOne\n7\t", ["12", "7"]],
  ["more cells than columns", "song_id,title\n12,Earth, Wind & Fire\n7,Two", ["12", "7"]],
  ["a JSON array", '[12, "7"]', ["12", "7"]],
  ["a title in brackets", "[Untitled] - X\n7", ["[Untitled] - X", "7"]],
  [
    "titles with commas",
    "Earth, Wind & Fire - September\nABBA - Waterloo",
    ["Earth, Wind & Fire - September", "ABBA - Waterloo"],
  ],
  ["one title", "Earth, Wind & Fire - September", ["Earth, Wind & Fire - September"]],
  ["titles like a header", "Song 2 - Blur\nMaster of Puppets", ["Song 2 - Blur", "Master of Puppets"]],
  ["titles like a comment", "#9 Dream - John Lennon\n# a comment\n7", ["#9 Dream - John Lennon", "7"]],
  [
    "titles and artists in columns",
    "Waterloo\tABBA\nImagine\tJohn Lennon",
    ["Waterloo - ABBA", "Imagine - John Lennon"],
  ],
  ["a header of titles", "title,artist\nWaterloo,ABBA", ["Waterloo ABBA"]],
  ["nothing", " \n", []],
])("reads %s", async (_what, text, expected) => expect(await ids(text)).toEqual(expected));

test("songs have the names of their title columns, or of the #EXTINF lines of an M3U file", async () => {
  const m3u = "#EXTM3U\r\n#EXTINF:-1,ABBA - Waterloo\r\nmusic/waterloo.mp3\r\n12\r\n";
  expect(await readSongs(m3u)).toEqual([
    { id: "music/waterloo.mp3", name: "ABBA - Waterloo" },
    { id: "12", name: "12" },
  ]);
  expect(await readSongs("id,artist,plays,title\n12,ABBA,9,Waterloo\n7,,,")).toEqual([
    { id: "12", name: "ABBA Waterloo" },
    { id: "7", name: "7" },
  ]);
});

test("at most 10,000 songs are read", async () => {
  expect(await readSongs("1\n".repeat(10_001))).toHaveLength(10_000);
});
