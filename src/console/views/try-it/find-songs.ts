import { ApiError, api, data } from "../../api/client.ts";
import type { Entry } from "./read-songs.ts";

const mostSearches = 200;
const searchesAtOnce = 8;
const resultCount = 10;

/**
 * Ids of the songs of a list. What the model does not know is searched by its name, and kept as it is if not found, or
 * if there is no model yet.
 */
export async function findSongs(entries: readonly Entry[]): Promise<string[]> {
  const songs = [...new Set(entries.map(({ id }) => id))];
  const unknown = new Set(songs.length === 0 ? [] : await unknownOf(songs));
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

async function unknownOf(songs: string[]): Promise<string[]> {
  try {
    return (await data(api.post("/v1/playlists/check", { body: { songs } }))).unknownSongs;
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 503) return [];
    throw error;
  }
}

/** The song whose whole title is in the name; of several, that with the longest one. */
async function findByName(name: string): Promise<string | undefined> {
  const query = { query: name.slice(0, 200), limit: resultCount };
  const { data: found } = await api.get("/v1/songs", { params: { query } }).catch((error: unknown) => {
    if (error instanceof ApiError) return { data: undefined }; // the other songs are worth having
    throw error;
  });
  const words = plain(name);
  return found?.items
    .filter(({ title }) => title !== undefined && words.includes(plain(title)))
    .toSorted((a, b) => (b.title?.length ?? 0) - (a.title?.length ?? 0))[0]?.songId;
}

/** Words between spaces, in lower case, without accents and punctuation, as the search compares them. */
function plain(text: string): string {
  const folded = text.normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFC").toLowerCase();
  return ` ${folded.replace(/[^\p{L}\p{N}]+/gu, " ").trim()} `;
}
