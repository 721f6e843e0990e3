import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RecommendationResult } from "../../recommend/query/recommender.ts";
import type { ActiveModel } from "../../service/active-model.ts";
import { jobStates } from "../../training/jobs/job-kind.ts";
import type { TrainingQueue } from "../../training/jobs/training-queue.ts";

/** Metrics for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  /** Number of responses by class of their status, as in `2xx`. */
  readonly responses: Readonly<Record<string, number>>;
  recordResponse(response: ResponseFigures): void;
  recordRecommendation(counts: RecommendationCounts): void;
  /** Records the duration of one search. */
  recordSearch(milliseconds: number): void;
}

/** Read by the gauges on each scrape. */
interface MetricsDeps {
  readonly version: string;
  readonly activeModel: Pick<ActiveModel, "current">;
  readonly queue: Pick<TrainingQueue, "list">;
}

export interface ResponseFigures {
  readonly method: string;
  /** Pattern of the route, as in `/v1/songs/:songId`; undefined if there is no such route. */
  readonly route: string | undefined;
  readonly status: number;
  readonly milliseconds: number;
}

/** Counts of one response with recommendations. */
export interface RecommendationCounts {
  readonly strategy: string;
  readonly fallback: string;
  readonly knownSongs: number;
  readonly unknownSongs: number;
}

const requestSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const searchMilliseconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  gaugeModel(registry, deps);
  gaugeTraining(registry, deps);
  const requests = new Counter({
    name: "http_requests_total",
    help: "HTTP requests",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "HTTP request duration in seconds",
    labelNames: ["route"],
    buckets: requestSeconds,
    registers,
  });
  const searches = new Histogram({
    name: "song2vec_search_milliseconds",
    help: "Vector search latency in milliseconds",
    buckets: searchMilliseconds,
    registers,
  });
  const recommendations = new Counter({
    name: "song2vec_recommendations_total",
    help: "Recommendation responses",
    labelNames: ["strategy", "fallback"],
    registers,
  });
  const songs = new Counter({
    name: "song2vec_playlist_songs_total",
    help: "Songs in recommendation requests, by whether the model knows them",
    labelNames: ["known"],
    registers,
  });
  const responses: Record<string, number> = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0 };
  return {
    registry,
    responses,
    recordResponse({ method, route = "none", status, milliseconds }) {
      const statusClass = `${Math.floor(status / 100)}xx`;
      responses[statusClass] = (responses[statusClass] ?? 0) + 1;
      requests.inc({ method, route, status });
      durations.observe({ route }, milliseconds / 1000);
    },
    recordRecommendation({ strategy, fallback, knownSongs, unknownSongs }) {
      recommendations.inc({ strategy, fallback });
      songs.inc({ known: "yes" }, knownSongs);
      songs.inc({ known: "no" }, unknownSongs);
    },
    recordSearch: (milliseconds) => searches.observe(milliseconds),
  };
}

/** @param songs number of songs in the request */
export function countSongs(
  { strategy, fallback, unknownSongs }: Pick<RecommendationResult, "strategy" | "fallback" | "unknownSongs">,
  songs: number,
): RecommendationCounts {
  const known = Math.max(0, songs - unknownSongs.length);
  return { strategy, fallback: fallback ?? "none", knownSongs: known, unknownSongs: unknownSongs.length };
}

function gaugeModel(registry: Registry, { activeModel, version }: MetricsDeps): void {
  const gauge = gaugesOf(registry);
  const model = () => activeModel.current()?.model;
  new Gauge({ name: "song2vec_info", help: "Version of song2vec", labelNames: ["version"], registers: [registry] }).set(
    { version },
    1,
  );
  gauge("song2vec_model_version", "Active model version; 0 if there is none", () => model()?.version ?? 0);
  gauge("song2vec_model_age_seconds", "Age of the active model in seconds", () => ageOf(model()?.manifest.createdAt));
  gauge("song2vec_songs", "Songs in the active model", () => model()?.songs.length ?? 0);
  gauge("song2vec_index_recall", "Recall@10 of the index of the active model; 1 if it has no index", () =>
    model()?.graph ? (model()?.manifest.index?.recallAt10 ?? 1) : 1,
  );
}

function gaugeTraining(registry: Registry, { queue }: MetricsDeps): void {
  const gauge = gaugesOf(registry);
  const lastEpoch = () =>
    queue
      .list()
      .find(({ epochs }) => epochs.length > 0)
      ?.epochs.at(-1);
  new Gauge({
    name: "song2vec_training_jobs",
    help: "Training jobs by state",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const jobs = queue.list();
      for (const state of jobStates) this.set({ state }, jobs.filter((job) => job.state === state).length);
    },
  });
  gauge(
    "song2vec_training_songs_per_second",
    "Training speed of the latest epoch in songs per second",
    () => lastEpoch()?.songsPerSecond ?? 0,
  );
  gauge(
    "song2vec_training_loss",
    "Training loss of the latest epoch in nats per positive pair",
    () => lastEpoch()?.loss ?? 0,
  );
}

function gaugesOf(registry: Registry) {
  return (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
}

/** Seconds since a time; 0 if there is none. */
export function ageOf(createdAt: string | undefined): number {
  return createdAt === undefined ? 0 : Math.max(0, Math.round((Date.now() - Date.parse(createdAt)) / 1000));
}
