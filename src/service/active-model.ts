import { setImmediate, setTimeout as pause } from "node:timers/promises";
import type { Logger } from "pino";
import { createError, Song2vecError } from "../errors.ts";
import type { ModelVersion } from "../http/schemas/models.ts";
import type { LoadOptions } from "../model/loading/load.ts";
import type { Model } from "../model/model.ts";
import type { IndexSetting } from "../model/format/index-setting.ts";
import type { Version, Versions } from "../model/format/versions.ts";
import type { ProvisionalSongs } from "../recommend/cold-start/provisional-songs.ts";
import { createRecommender, type Recommender } from "../recommend/query/recommender.ts";
import type { Store } from "../store/store.ts";

export interface ServingOptions {
  readonly versions: Versions;
  readonly store: Store;
  readonly logger: Logger;
  /** Songs that are answered beside those of any version. */
  readonly provisional: ProvisionalSongs;
  /** Whether vectors are kept as they are, or in bytes only. */
  readonly exact: boolean;
  readonly index: IndexSetting;
  /** How many versions are kept. */
  readonly keep: number;
  /** Versions that jobs start from, or are compared with. */
  readonly reserved: () => readonly number[];
}

/** The version that answers, and the others that could. */
export interface Serving {
  current(): Recommender | undefined;
  list(): Promise<ModelVersion[]>;
  /** Serves the version that was made active last, or the newest sound one where that is damaged or gone. */
  load(accepts: (model: Model) => boolean): Promise<void>;
  /** Loads a version beside the one that serves, and swaps them: at once where it served just before. @throws MODEL_NOT_FOUND, MODEL_UNSOUND, STORAGE_FULL */
  activate(version: number): Promise<void>;
  /**
   * The same for a version that a job made, as slowly as it takes for requests not to notice, but only where `replaces` still serves.
   * @returns why it does not serve; null where it does
   */
  replace(version: number, replaces: number | null, signal: AbortSignal): Promise<{ readonly reason: string } | null>;
  /** @throws MODEL_NOT_FOUND, MODEL_IN_USE */
  remove(version: number): Promise<void>;
  /** Removes the oldest versions beyond those to keep; never one that is in use. */
  prune(): Promise<void>;
  /** Ends the search threads. */
  close(): Promise<void>;
}

/** While a model serves, the threads that load the one that training made let everything else go first. */
const niceness = 10;
/** Bytes that the version which served before may take in memory, so that rolling back takes no time. */
const largestResting = 512 << 20;
/** Requests that still use a replaced model have so many milliseconds until its search threads end. */
const inFlightMs = 1000;

export function createServing({
  versions,
  store,
  logger,
  provisional,
  exact,
  index,
  keep,
  reserved,
}: ServingOptions): Serving {
  let active: Recommender | undefined;
  let resting: Recommender | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let isTold = false;

  /** One change of the versions at a time. */
  function inOrder<T>(change: () => Promise<T>): Promise<T> {
    const result = last.then(change);
    last = result.catch(() => {});
    return result;
  }

  function serve(recommender: Recommender, message: string): void {
    const previous = active;
    active = recommender;
    logger.info({ modelVersion: recommender.model.version, ...describeSearch(recommender) }, message);
    if (resting && recommender !== resting) forget(resting);
    resting = previous;
    if (previous && previous.model.memory.buffer.byteLength > largestResting) forget(previous);
  }

  function forget(recommender: Recommender): void {
    if (recommender === resting) resting = undefined;
    release(recommender);
  }

  /** Nobody waits for it, so a failure must not go uncaught: that would end the server. */
  function release(recommender: Recommender): void {
    end(recommender)
      .then(collectGarbage)
      .catch((error: unknown) => logger.error({ err: error }, "could not close a replaced model"));
  }

  async function end(recommender: Recommender): Promise<void> {
    await pause(inFlightMs, undefined, { ref: false });
    await recommender.close();
  }

  /**
   * V8 does not count shared WebAssembly memory: without this call, several replaced models would pile up before one goes. It
   * comes once `end` has returned, which refers to the model.
   */
  async function collectGarbage(): Promise<void> {
    await setImmediate();
    if (globalThis.gc) globalThis.gc();
    else if (!isTold) logger.info("the memory of replaced models comes back later: start Node with --expose-gc");
    isTold = true;
  }

  async function activateNow(version: number, options: LoadOptions = {}): Promise<void> {
    const known = inMemory(version);
    const recommender = known ?? (await open(version, options));
    try {
      await store.mark({ activeVersion: version });
    } catch (error) {
      if (!known) release(recommender);
      throw error;
    }
    if (recommender !== active) serve(recommender, "serving a new model version");
  }

  /** @throws MODEL_NOT_FOUND, MODEL_UNSOUND */
  async function open(version: number, options: LoadOptions): Promise<Recommender> {
    const model = await loadSound(versions, version, { exact, index, ...options });
    return createRecommender(model, undefined, provisional);
  }

  function inMemory(version: number): Recommender | undefined {
    return [active, resting].find((recommender) => recommender?.model.version === version);
  }

  async function loadActive(): Promise<Model | undefined> {
    const { activeVersion } = await store.marks();
    try {
      if (activeVersion !== null) return await versions.load(activeVersion, { exact, index });
    } catch (error) {
      if (!(error instanceof Song2vecError)) throw error;
      logger.error({ modelVersion: activeVersion }, `version ${activeVersion} is passed over: ${error.message}`);
    }
    return versions.loadNewest({
      exact,
      index,
      onDamaged: (version, error) =>
        version !== activeVersion &&
        logger.error({ modelVersion: version }, `version ${version} is passed over: ${error.message}`),
    });
  }

  async function removeVersion(version: number): Promise<void> {
    await versions.remove(version);
    if (resting?.model.version === version) forget(resting);
  }

  function whyKept(version: number): string | undefined {
    if (version === active?.model.version) return "it serves";
    return reserved().includes(version) ? "a training job needs it" : undefined;
  }

  return {
    current: () => active,
    list: async () => (await versions.list()).map((version) => describe(version, active?.model.version)),

    load: (accepts) =>
      inOrder(async () => {
        const model = await loadActive();
        if (model && accepts(model))
          serve(await createRecommender(model, undefined, provisional), "serving a model version from the disk");
      }),

    activate: (version) => inOrder(() => activateNow(version)),

    replace: (version, replaces, signal) =>
      inOrder(async () => {
        const current = active?.model.version ?? null;
        if (current !== replaces) return { reason: `model version ${current} was activated while the job ran` };
        await activateNow(version, { signal, niceness: active ? niceness : 0 });
        return null;
      }),

    close: async () => {
      await Promise.all([active?.close(), resting?.close()]);
    },

    remove: (version) =>
      inOrder(async () => {
        const reason = whyKept(version);
        if (reason !== undefined) throw createError("MODEL_IN_USE", { version, reason });
        await removeVersion(version);
        logger.info({ modelVersion: version }, "removed a model version");
      }),

    prune: () =>
      inOrder(async () => {
        const removable = (await versions.list())
          .map(({ version }) => version)
          .filter((version) => whyKept(version) === undefined);
        const room = Math.max(0, keep - (active ? 1 : 0));
        for (const version of removable.toReversed().slice(room)) {
          await removeVersion(version);
          logger.info({ modelVersion: version }, "removed an old model version");
        }
      }),
  };
}

async function loadSound(versions: Versions, version: number, options: LoadOptions): Promise<Model> {
  try {
    return await versions.load(version, options);
  } catch (error) {
    if (error instanceof Song2vecError && error.code === "MODEL_DAMAGED")
      throw createError("MODEL_UNSOUND", { version, reason: error.message }, { cause: error });
    throw error;
  }
}

function describeSearch({
  model,
  scanKernel,
  searchPlan: { milliseconds, blendMilliseconds, threads, index },
}: Recommender) {
  return {
    songs: model.songs.length,
    vectors: model.input ? "exact" : "bytes",
    scan: scanKernel,
    searchMs: toHundredths(milliseconds),
    blendMs: blendMilliseconds === null ? null : toHundredths(blendMilliseconds),
    searchThreads: threads,
    index,
    ...(index && { recallAt10: model.manifest.index?.recallAt10 }),
  };
}

function describe(version: Version, active: number | undefined): ModelVersion {
  const base = { version: version.version, active: version.version === active };
  if ("problem" in version)
    return {
      ...base,
      createdAt: null,
      songs: null,
      plays: null,
      vectorSize: null,
      kernel: null,
      lossByEpoch: [],
      validationByEpoch: [],
      bestEpoch: null,
      warmStart: null,
      index: null,
      problem: version.problem,
    };
  const { createdAt, songs, plays, vectorSize, kernel, lossByEpoch, validationByEpoch, bestEpoch, warmStart, index } =
    version.manifest;
  return {
    ...base,
    createdAt,
    songs,
    plays,
    vectorSize,
    kernel,
    lossByEpoch,
    validationByEpoch,
    bestEpoch,
    warmStart,
    index: index && { kind: index.kind, recallAt10: index.recallAt10 },
    problem: null,
  };
}

function toHundredths(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
