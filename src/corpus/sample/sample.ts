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
  /** Generated anew by each iteration, always the same */
  readonly playlists: Iterable<SamplePlaylist>;
}

export interface SampleOptions {
  readonly seed?: number;
  readonly songs?: number;
  readonly playlists?: number;
}

const lengths = { min: 4, max: 20, skew: 1.67 };
/** Share of songs before which a playlist moves to a neighbouring style */
const styleChangeShare = 0.05;
/** Share of songs before which the mood jumps */
const jumpShare = 0.1;
const missingShare = 0.005;
/** Change of mood from one song to the next */
const moodStep = { min: 0.005, max: 0.055 };
const linesPerWrite = 1000;

/**
 * Generates synthetic songs and playlists with structure to learn. A playlist stays in one style, with occasional moves
 * to a neighbouring style, and the mood of its songs changes in small steps in one direction. Plays follow Zipf's law.
 * Equal options give equal samples.
 *
 * @returns songs with integer ids; playlists of 4 to 20 distinct songs, about 10 on average
 */
export function generateSample({ seed = 1, songs = 5000, playlists = 20_000 }: SampleOptions = {}): Sample {
  const placed = generateSongs(songs, createRandom(seed));
  const samplers = sampleStyles.map((_, style) => new StyleSampler(placed, style));
  return {
    songs: placed.map(({ songId, title, artist }) => ({ songId, title, artist })),
    playlists: {
      *[Symbol.iterator]() {
        const random = createRandom(seed + 1);
        for (let number = 1; number <= playlists; number++) {
          yield { playlistId: String(number), songIds: generatePlaylist(samplers, songs, random) };
        }
      },
    },
  };
}

/**
 * Writes a sample as `playlists.csv` and `songs.csv`, each atomically. The song of one play in 200 is `?`, as in real
 * data of this kind.
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
    await writeAtomically(paths.catalogue, songLines(sample.songs));
    await writeAtomically(paths.playlists, playLines(sample.playlists, createRandom((options.seed ?? 1) + 2)));
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw createError("DATA_DIR_UNUSABLE", { path: folder, reason: String(error.code) }, { cause: error });
  }
  return paths;
}

function generatePlaylist(samplers: readonly StyleSampler[], maxLength: number, random: Random): string[] {
  const length = Math.min(
    maxLength,
    lengths.min + Math.floor((lengths.max - lengths.min + 1) * random() ** lengths.skew),
  );
  const chosen = new Set<PositionedSong>();
  let style = integerBelow(samplers.length, random);
  let position = random();
  while (chosen.size < length) {
    if (random() < styleChangeShare) style = neighbourOf(style, random);
    if (random() < jumpShare) position = random();
    const song = samplers[style]?.draw(position + moodStep.min, position + moodStep.max, chosen, random);
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

async function writeAtomically(path: string, lines: Iterable<string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, toBlocks(lines), { flush: true });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function* toBlocks(lines: Iterable<string>): Generator<string> {
  let block: string[] = [];
  for (const line of lines) {
    block.push(line);
    if (block.length < linesPerWrite) continue;
    yield `${block.join("\n")}\n`;
    block = [];
  }
  if (block.length > 0) yield `${block.join("\n")}\n`;
}
