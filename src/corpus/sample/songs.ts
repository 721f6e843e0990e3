import { integerBelow, pick, type Random, shuffle } from "../../word2vec/random.ts";
import { type SampleStyle, sampleStyles } from "./styles.ts";

export interface SampleSong {
  readonly songId: string;
  readonly title: string;
  readonly artist: string;
}

/** A song, and where it stands among the others. */
export interface PositionedSong extends SampleSong {
  /** Position in `sampleStyles` */
  readonly style: number;
  readonly neighbour: number;
  /** How much the song belongs to the neighbouring style too, 0 to 0.5 */
  readonly share: number;
  /** Mood, on a circle from 0 to 1 */
  readonly position: number;
  /** Zipf: 1 over the rank, damped */
  readonly popularity: number;
}

interface Artist {
  readonly name: string;
  readonly style: number;
  readonly secondStyle: number | undefined;
}

const firstSongId = 10_001;
const zipfExponent = 0.9;
const zipfShift = 5;
const songsPerArtist = { least: 4, most: 20 };
const leastArtists = 2 * sampleStyles.length;

/** Invents songs by artists of one or two styles. */
export function generateSongs(count: number, random: Random): PositionedSong[] {
  const ids = shuffle(new Uint32Array(count), random, firstSongId);
  const ranks = shuffle(new Uint32Array(count), random, 1);
  const artists = inventArtists(random);
  const taken = new Set<string>();
  const songs: PositionedSong[] = [];
  while (songs.length < count) {
    const artist = artists();
    const size = songsPerArtist.least + integerBelow(songsPerArtist.most - songsPerArtist.least + 1, random);
    const share = Math.min(size, Math.ceil(count / leastArtists));
    for (const [at, id] of ids.slice(songs.length, songs.length + share).entries()) {
      const style = artist.secondStyle !== undefined && at % 4 === 3 ? artist.secondStyle : artist.style;
      songs.push({
        songId: String(id),
        title: inventTitle(styleAt(style), artist.name, taken, random),
        artist: artist.name,
        style,
        neighbour: neighbourOf(style, random),
        share: random() / 2,
        position: random(),
        popularity: ((ranks[songs.length] ?? count) + zipfShift) ** -zipfExponent,
      });
    }
  }
  return songs;
}

/** The style beside this one, on either side. */
export function neighbourOf(style: number, random: Random): number {
  const step = random() < 0.5 ? 1 : sampleStyles.length - 1;
  return (style + step) % sampleStyles.length;
}

function inventArtists(random: Random): () => Artist {
  const names = sampleStyles.map((style) => inventNames(style, random));
  let made = 0;
  return () => {
    const style = made % sampleStyles.length;
    const ofStyle = names[style] ?? [];
    const name = ofStyle[Math.floor(made / sampleStyles.length) % ofStyle.length] ?? "";
    made++;
    return { name, style, secondStyle: random() < 0.3 ? neighbourOf(style, random) : undefined };
  };
}

function inventNames({ artists }: SampleStyle, random: Random): string[] {
  const names = artists.first.flatMap((first) => artists.second.map((second) => `${first} ${second}`));
  return Array.from(shuffle(new Uint32Array(names.length), random), (index) => names[index] ?? "");
}

function inventTitle({ titles }: SampleStyle, artist: string, taken: Set<string>, random: Random): string {
  for (let part = 1; ; part++) {
    const words = [pick(titles.first, random), pick(titles.second, random), pick(titles.ending, random)];
    const shape = random();
    const title = (shape < 0.45 ? words.slice(0, 2) : shape < 0.85 ? words.slice(1) : words).join(" ");
    const name = part < 10 ? title : `${title} No. ${part}`;
    const key = `${artist}\n${name}`;
    if (taken.has(key)) continue;
    taken.add(key);
    return name;
  }
}

function styleAt(index: number): SampleStyle {
  const style = sampleStyles[index];
  if (style === undefined) throw new RangeError(`there is no style ${index}`);
  return style;
}
