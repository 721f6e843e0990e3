import { type Corpus, readCorpus } from "../../corpus/corpus.ts";
import { readStoredPlaylists } from "../../store/local/snapshot.ts";
import type { Hyperparameters } from "../../word2vec/hyperparameters.ts";
import type { PlaylistSource } from "./events.ts";

/**
 * Reads the playlists of the files and, with a data directory, the stored playlists.
 * @throws what reading them throws
 */
export async function readTrainingCorpus(source: PlaylistSource, hyperparameters: Hyperparameters): Promise<Corpus> {
  const { minCount, maxVocabulary, minPlaylistLength, shortPlaylists } = hyperparameters;
  const stored = source.dataDir === undefined ? [] : readStoredPlaylists(source.dataDir);
  return readCorpus({
    ...source,
    sources: source.playlists,
    minCount,
    maxVocabulary,
    minPlaylistLength,
    shortPlaylists,
    stored,
    standardInput: process.stdin,
  });
}
