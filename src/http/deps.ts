import type { FastifyBaseLogger } from 'fastify';
import type { Comparisons } from '../evaluate/compare-aside.ts';
import type { Versions } from '../model/versions.ts';
import type { Recommender } from '../recommend/recommender.ts';
import type { PlaylistStore } from '../store/store.ts';
import type { Queue } from '../training/queue.ts';
import type { PresetName } from '../word2vec/hyperparameters.ts';
import type { ModelVersion } from './schemas/models.ts';

/** What the routes need of the service. */
export interface AppDeps {
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  /** The snapshot that answers; a request keeps the one it began with. */
  readonly recommender: () => Recommender | undefined;
  readonly models: () => Promise<ModelVersion[]>;
  /** Where a version lies and what its manifest says. @throws MODEL_NOT_FOUND, MODEL_DAMAGED */
  readonly findModel: Versions['find'];
  readonly comparisons: Pick<Comparisons, 'compare'>;
  /** Resolves once the version serves. @throws MODEL_NOT_FOUND, MODEL_DAMAGED, STORAGE_FULL */
  readonly activateModel: (version: number) => Promise<void>;
  /** @throws MODEL_NOT_FOUND, MODEL_IN_USE */
  readonly removeModel: (version: number) => Promise<void>;
  readonly playlists: PlaylistStore;
  readonly queue: Queue;
  readonly preset: PresetName;
  readonly workers: number;
  /** Seconds that a training job may run for by default. */
  readonly trainingDeadline: number;
}
