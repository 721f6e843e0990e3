import { api, data } from "../../api/client.ts";
import type { Entry } from "./read-songs.ts";

const mostSearches = 200;
const searchesAtOnce = 8;

/** Ids of the songs of a list: what the model does not know is searched by its name, and kept as it is if not found. */
export async function findSongs(entries: readonly Entry[]): Promise<string[]> {
  if (entries.length === 0) return [];
  const songs = [...new Set(entries.map(({ id }) => id))];
  const unknown = new Set((await data(api.post("/v1/playlists/check", { body: { songs } }))).unknownSongs);
  const names = [...new Set(entries.filter(({ id }) => unknown.has(id)).map(({ name }) => name))]
    .filter((name) => /\p{L}/u.test(name)) // a number is an id
    .slice(0, mostSearches);
  const found = new Map<string, string>();
  for (let i = 0; i < names.length; i += searchesAtOnce)
    await Promise.all(
      names.slice(i, i + searchesAtOnce).map(async (name) => {
        const songId = await findByName(name);
        if (songId !== undefined) found.set(name, songId);
      }),
    );
  return entries.map(({ id, name }) => (unknown.has(id) ? found.get(name) : undefined) ?? id);
}

/** The song whose whole title is in the name. */
async function findByName(name: string): Promise<string | undefined> {
  const { items } = await data(api.get("/v1/songs", { params: { query: { query: name.slice(0, 200), limit: 1 } } }));
  const [song] = items;
  const plain = (text: string) => text.normalize("NFKC").toLowerCase();
  return song?.title !== undefined && plain(name).includes(plain(song.title)) ? song.songId : undefined;
}
