import type { Logger } from "pino";
import { createError, Song2vecError } from "../errors.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import { type ActiveModel, backgroundNiceness } from "./active-model.ts";
import type { ModelLoader } from "./model-loader.ts";
import type { ModelRelease } from "./model-release.ts";

/** Milliseconds for which requests get the error of a failed load. Later ones load the version again. */
const failureMs = 10_000;

export interface OtherVersionsOptions {
  readonly loader: Pick<ModelLoader, "check" | "open">;
  readonly activeModel: Pick<ActiveModel, "find" | "activating">;
  readonly release: ModelRelease;
  readonly logger: Logger;
}

/** The version that is loading or loaded, or whose load failed. */
interface Slot {
  readonly version: number;
  readonly loading: AbortController;
  readonly opened: Promise<Recommender>;
  recommender?: Recommender;
  failure?: { readonly error: Song2vecError; readonly until: number };
}

export type OtherVersions = ReturnType<typeof createOtherVersions>;

/** Creates what loads versions on demand that do not serve. At most one is in memory, beside active and standby. */
export function createOtherVersions({ loader, activeModel, release, logger }: OtherVersionsOptions) {
  let slot: Slot | undefined;

  const find = (version: number) =>
    activeModel.find(version) ?? (slot?.version === version ? slot.recommender : undefined);
  const isLoading = () => slot !== undefined && !slot.recommender && !slot.failure;

  function load(version: number): void {
    drop();
    const loading = new AbortController();
    const opened = loader.open(version, { signal: loading.signal, niceness: backgroundNiceness });
    const next: Slot = { version, loading, opened };
    slot = next;
    opened.then(
      (recommender) => {
        next.recommender = recommender;
        logger.info({ modelVersion: version }, "model loaded on demand");
      },
      (error: unknown) => {
        if (loading.signal.aborted) return;
        const known = error instanceof Song2vecError ? error : createError("INTERNAL", undefined, { cause: error });
        next.failure = { error: known, until: Date.now() + failureMs };
        logger.error({ modelVersion: version, err: error }, "failed to load model on demand");
      },
    );
  }

  function drop(): void {
    slot?.loading.abort();
    slot?.opened.then(release, () => {}); // the load has logged its failure
    slot = undefined;
  }

  /** @throws MODEL_LOADING, the error of a failed load, and those of `assertMayLoad` */
  function loadLater(version: number, assertMayLoad: () => void): never {
    if (slot?.version === version && slot.failure) {
      if (Date.now() < slot.failure.until) throw slot.failure.error;
      drop();
    }
    if (slot?.version !== version && activeModel.activating() !== version) {
      assertMayLoad();
      // A load is not cancelled for another one: two clients that take turns would cancel each other forever.
      if (!isLoading()) load(version);
    }
    throw createError("MODEL_LOADING", { version, retryAfter: 1 });
  }

  return {
    /**
     * Returns a version that is in memory. Otherwise it starts to load it, in place of the one loaded before.
     *
     * @param assertMayLoad called before a load; throws if the client may not load a version
     * @throws MODEL_LOADING, MODEL_NOT_FOUND, MODEL_UNSOUND
     */
    async get(version: number, assertMayLoad: () => void): Promise<Recommender> {
      const inMemory = find(version);
      if (inMemory) return inMemory;
      await loader.check(version);
      return find(version) ?? loadLater(version, assertMayLoad);
    },

    /** Hands a version that is loaded or loading over to the caller. */
    take(version: number): Promise<Recommender> | undefined {
      if (slot?.version !== version || slot.failure) return undefined;
      const { opened } = slot;
      slot = undefined;
      return opened;
    },

    /** Releases a version that was deleted. */
    drop(removed: number): void {
      if (slot?.version === removed) drop();
    },

    /** Cancels a load, and ends the search threads. */
    async close(): Promise<void> {
      slot?.loading.abort();
      await slot?.opened.then(
        (recommender) => recommender.close(),
        () => {},
      );
    },
  };
}
