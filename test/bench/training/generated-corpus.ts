import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createRandom, integerBelow, type Random } from "../../../src/word2vec/random.ts";

const size = { playlists: 100_000, testPlaylists: 2_000, songs: 50_000, genres: 100 };
const zipfExponent = 0.8;
const length = { least: 5, most: 40, meanBeyondLeast: 7.5 };
const share = { ownGenre: 0.85, nextGenre: 0.1 };

/**
 * Writes synthetic playlists to `generated.train.csv.gz` and `generated.test.csv.gz`: every song has a genre, is
 * played by Zipf's law, and a playlist mostly stays in one genre. The same seed gives the same files.
 */
export function writeGeneratedCorpus(folder: string, seed = 1): void {
  const random = createRandom(seed);
  const songs = Array.from({ length: size.songs }, (_, song) => song);
  const genreOf = songs.map(() => integerBelow(size.genres, random));
  const everything = createUrn(songs);
  const genres = Array.from({ length: size.genres }, (_, genre) =>
    createUrn(songs.filter((song) => genreOf[song] === genre)),
  );

  let playlist = 0;
  for (const [part, playlists] of [
    ["train", size.playlists],
    ["test", size.testPlaylists],
  ] as const) {
    const rows = ["Category,master_number"];
    for (const end = playlist + playlists; playlist < end; playlist++) rows.push(...drawRows(playlist));
    writeFileSync(join(folder, `generated.${part}.csv.gz`), gzipSync(`${rows.join("\n")}\n`, { level: 1 }));
  }

  function drawRows(number: number): string[] {
    const genre = genreOf[everything(random)] ?? 0;
    return [...drawPlaylist(genres[genre], genres[(genre + 1) % size.genres], everything, random)].map(
      (song) => `${number + 1},${song + 1}`,
    );
  }
}

type Urn = (random: Random) => number;

function drawPlaylist(own: Urn = () => 0, next: Urn = own, everything: Urn = own, random: Random): Set<number> {
  const beyond = Math.floor(-Math.log(1 - random()) * length.meanBeyondLeast);
  const wanted = Math.min(length.least + beyond, length.most);
  const songs = new Set<number>();
  while (songs.size < wanted) {
    const draw = random();
    const urn = draw < share.ownGenre ? own : draw < share.ownGenre + share.nextGenre ? next : everything;
    songs.add(urn(random));
  }
  return songs;
}

/** Draws songs in proportion to rank^-exponent; a song's number is its rank. */
function createUrn(songs: readonly number[]): Urn {
  const sums = new Float64Array(songs.length);
  let sum = 0;
  for (const [at, song] of songs.entries()) sums[at] = sum += (song + 1) ** -zipfExponent;
  return (random) => {
    const drawn = random() * sum;
    let low = 0;
    let high = songs.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > drawn) high = middle;
      else low = middle + 1;
    }
    return songs[low] ?? 0;
  };
}
