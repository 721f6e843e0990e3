import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createError } from "../../errors.ts";
import { createRandom, integerBelow, type Random } from "../../word2vec/random.ts";
import { generateSongs, neighbourOf, type PositionedSong, type SampleSong } from "./songs.ts";
import { sampleStyles } from "./styles.ts";
import { StyleSampler } from "./style-sampler.ts";

export interface SamplePlaylist {
  readonly playlistId: string;
  readonly songIds: string[];
}

export interface Sample {
  readonly songs: SampleSong[];
  /** The same playlists each time they are gone through */
  readonly playlists: Iterable<SamplePlaylist>;
}

export interface SampleOptions {
  readonly seed?: number;
  readonly songs?: number;
  readonly playlists?: number;
}

const lengths = { least: 4, most: 20, skew: 1.67 };
const driftShare = 0.05;
const leapShare = 0.1;
const missingShare = 0.005;
const step = { least: 0.005, most: 0.055 };
const linesPerWrite = 1000;

/**
 * Invents songs and playlists that have something to learn. A playlist stays in one style, with a drift to a
 * neighbouring one now and then, and the mood of its songs moves in small steps in one direction; songs are played by
 * Zipf's law. The same options give the same sample.
 *
 * @returns songs with whole numbers for ids; playlists of 4 to 20 songs, about 10 on average, no song twice in one
 */
export function generateSample({ seed = 1, songs = 5000, playlists = 20_000 }: SampleOptions = {}): Sample {
  const placed = generateSongs(songs, createRandom(seed));
  const shelves = sampleStyles.map((_, style) => new StyleSampler(placed, style));
  return {
    songs: placed.map(({ songId, title, artist }) => ({ songId, title, artist })),
    playlists: {
      *[Symbol.iterator]() {
        const random = createRandom(seed + 1);
        for (let number = 1; number <= playlists; number++) {
          yield { playlistId: String(number), songIds: inventPlaylist(shelves, songs, random) };
        }
      },
    },
  };
}

/**
 * Writes a sample as `playlists.csv` and `songs.csv`, each whole or not at all. One play in 200 has `?` for a song, as
 * in data of the kind the sample stands for.
 *
 * @returns the paths of the two files
 * @throws DATA_DIR_UNUSABLE
 */
export async function writeSample(
  folder: string,
  options: SampleOptions = {},
): Promise<{ playlists: string; catalogue: string }> {
  const sample = generateSample(options);
  const paths = { playlists: join(folder, "playlists.csv"), catalogue: join(folder, "songs.csv") };
  try {
    await mkdir(folder, { recursive: true });
    await writeWhole(paths.catalogue, songLines(sample.songs));
    await writeWhole(paths.playlists, playLines(sample.playlists, createRandom((options.seed ?? 1) + 2)));
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw createError("DATA_DIR_UNUSABLE", { path: folder, reason: String(error.code) }, { cause: error });
  }
  return paths;
}

function inventPlaylist(shelves: readonly StyleSampler[], longest: number, random: Random): string[] {
  const length = Math.min(
    longest,
    lengths.least + Math.floor((lengths.most - lengths.least + 1) * random() ** lengths.skew),
  );
  const chosen = new Set<PositionedSong>();
  let style = integerBelow(shelves.length, random);
  let position = random();
  while (chosen.size < length) {
    if (random() < driftShare) style = neighbourOf(style, random);
    if (random() < leapShare) position = random();
    const song = shelves[style]?.draw(position + step.least, position + step.most, chosen, random);
    if (song === undefined) {
      style = neighbourOf(style, random);
      continue;
    }
    chosen.add(song);
    position = song.position;
  }
  return [...chosen].map((song) => song.songId);
}

function* songLines(songs: readonly SampleSong[]): Generator<string> {
  yield "master_number,title,artist";
  for (const { songId, title, artist } of songs) yield `${songId},${title},${artist}`;
}

function* playLines(playlists: Iterable<SamplePlaylist>, random: Random): Generator<string> {
  yield "Category,master_number";
  for (const { playlistId, songIds } of playlists) {
    for (const songId of songIds) yield `${playlistId},${random() < missingShare ? "?" : songId}`;
  }
}

async function writeWhole(path: string, lines: Iterable<string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, blocksOf(lines), { flush: true });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function* blocksOf(lines: Iterable<string>): Generator<string> {
  let block: string[] = [];
  for (const line of lines) {
    block.push(line);
    if (block.length < linesPerWrite) continue;
    yield `${block.join("\n")}\n`;
    block = [];
  }
  if (block.length > 0) yield `${block.join("\n")}\n`;
}
