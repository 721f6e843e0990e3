import type { FastifyBaseLogger } from "fastify";
import type { Comparisons } from "../service/comparisons.ts";
import type { Versions } from "../model/format/versions.ts";
import type { ProvisionalSong } from "../recommend/cold-start/provisional-songs.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { PlaylistStore } from "../store/store.ts";
import type { TrainingQueue } from "../training/jobs/training-queue.ts";
import type { TuningQueue } from "../training/tuning/tuning-job.ts";
import type { PresetName } from "../word2vec/hyperparameters.ts";
import type { ApiKey } from "./security/keys.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { ResponseCache } from "./response-cache.ts";
import type { ModelVersion } from "./schemas/models.ts";
import type { SearchQueue } from "./search-queue.ts";

/** What the routes need of the service. */
export interface AppDeps {
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  /** The snapshot that answers; a request keeps the one it began with. */
  readonly recommender: () => Recommender | undefined;
  readonly models: () => Promise<ModelVersion[]>;
  /** Where a version lies and what its manifest says. @throws MODEL_NOT_FOUND, MODEL_DAMAGED */
  readonly findModel: Versions["find"];
  readonly comparisons: Pick<Comparisons, "compare">;
  /** Resolves once the version serves. @throws MODEL_NOT_FOUND, MODEL_DAMAGED, STORAGE_FULL */
  readonly activateModel: (version: number) => Promise<void>;
  /** @throws MODEL_NOT_FOUND, MODEL_IN_USE */
  readonly removeModel: (version: number) => Promise<void>;
  readonly playlists: PlaylistStore;
  /** Songs that no playlists were trained with yet. */
  readonly provisional: ProvisionalStore;
  /** Called once no request needs the store any more. */
  readonly closeStore: () => Promise<void>;
  readonly queue: TrainingQueue;
  readonly tuningQueue: TuningQueue;
  readonly preset: PresetName;
  readonly workers: number;
  /** Whether the server is about to stop: it is not ready any more, and asks its clients to go elsewhere. */
  readonly stopping?: () => boolean;
  /** Without it the service is open, to its own machine. */
  readonly guard?: Partial<Guard>;
  /** Seconds that a training job may run for by default. */
  readonly trainingDeadline: number;
}

/** Each change resolves once it is stored durably, and recommenders see it. */
export interface ProvisionalStore {
  /** @throws TOO_MANY_PROVISIONAL_SONGS, STORAGE_FULL, STORE_BUSY */
  put(song: ProvisionalSong): Promise<{ created: boolean }>;
  /** @throws VECTOR_NOT_FOUND, STORE_BUSY */
  remove(songId: string): Promise<void>;
}

/** What the routes share beside it. */
export interface RouteDeps extends AppDeps {
  readonly metrics: Metrics;
  /** Of `similar`, paths and recommendations. */
  readonly cache: ResponseCache;
  /** In front of every search. */
  readonly searchQueue: SearchQueue;
}

/** Who is let in, from where, and how slowly. */
export interface Guard {
  readonly keys: readonly ApiKey[];
  /** Web pages of these origins may use the service. */
  readonly corsOrigins: readonly string[];
  /** Networks whose word on a client's address is taken, as CIDR. */
  readonly trustedProxies: readonly string[];
  /** Requests a minute of a key. */
  readonly rateLimit: number | undefined;
  /** How long a client may take to send a request. */
  readonly requestSeconds: number;
  /** Mean milliseconds, over a second, that the event loop may be late before requests are turned away; 0 for any number. */
  readonly longestDelay: number;
}

export const openGuard: Guard = {
  keys: [],
  corsOrigins: [],
  trustedProxies: [],
  rateLimit: undefined,
  requestSeconds: 10,
  longestDelay: 500,
};
