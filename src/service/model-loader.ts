import { loadNewest, loadVersion } from "../model/loading/load.ts";
import type { Logger } from "pino";
import { createError, Song2vecError } from "../errors.ts";
import type { IndexSetting } from "../model/format/index-setting.ts";
import type { Versions } from "../model/format/versions.ts";
import type { Model } from "../model/model.ts";
import type { ColdStartSongs } from "../recommend/cold-start/cold-start-songs.ts";
import { createRecommender, type Recommender } from "../recommend/query/recommender.ts";

export interface ModelLoaderOptions {
  readonly versions: Versions;
  /** Cold-start songs, which every version recommends beside its own. */
  readonly provisional: ColdStartSongs;
  /** Further names in the artist column that are no artists. */
  readonly compilationArtists?: readonly string[];
  readonly logger: Logger;
  /** Keep float32 vectors; otherwise int8 vectors only. */
  readonly exact: boolean;
  readonly index: IndexSetting;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** Scheduling priority of the loading thread: 0 is normal, 19 the lowest. */
  readonly niceness?: number;
}

export type ModelLoader = ReturnType<typeof createModelLoader>;

/** Creates a loader that reads model versions and makes them searchable. */
export function createModelLoader({
  versions,
  provisional,
  compilationArtists = [],
  logger,
  ...how
}: ModelLoaderOptions) {
  const recommenderOf = (model: Model) => createRecommender(model, undefined, provisional, { compilationArtists });

  function logSkipped(version: number, { message }: Song2vecError): void {
    logger.error({ modelVersion: version, reason: message }, "corrupt model version skipped");
  }

  async function loadOrSkip(version: number): Promise<Model | undefined> {
    try {
      return await loadVersion(versions, version, how);
    } catch (error) {
      if (!(error instanceof Song2vecError)) throw error;
      logSkipped(version, error);
      return undefined;
    }
  }

  async function assertSound<T>(version: number, result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      const isCorrupt = error instanceof Song2vecError && error.code === "MODEL_DAMAGED";
      throw isCorrupt ? createError("MODEL_UNSOUND", { version, reason: error.message }, { cause: error }) : error;
    }
  }

  return {
    /** @throws MODEL_NOT_FOUND, MODEL_UNSOUND */
    open: (version: number, options?: OpenOptions): Promise<Recommender> =>
      assertSound(version, loadVersion(versions, version, { ...how, ...options }).then(recommenderOf)),

    /** Checks the manifest and file sizes of a version. @throws MODEL_NOT_FOUND, MODEL_UNSOUND */
    check: (version: number) => assertSound(version, versions.find(version)),

    /**
     * Opens the preferred version, or the newest valid one if it is corrupt or deleted. Corrupt versions are logged.
     * @returns undefined if there is none, or `accepts` returns false
     */
    async openPreferred(version: number | null, accepts: (model: Model) => boolean): Promise<Recommender | undefined> {
      const preferred = version === null ? undefined : await loadOrSkip(version);
      const onDamaged = (other: number, error: Song2vecError) => {
        if (other !== version) logSkipped(other, error);
      };
      const model = preferred ?? (await loadNewest(versions, how, onDamaged));
      return model && accepts(model) ? recommenderOf(model) : undefined;
    },
  };
}
