import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RecommendationResult } from "../../recommend/query/recommender.ts";
import type { ActiveModel } from "../../service/active-model.ts";
import { jobStates } from "../../training/jobs/job-kind.ts";
import type { TrainingQueue } from "../../training/jobs/training-queue.ts";

/** What the service counts and measures, for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  responded(response: ResponseFigures): void;
  recommended(counts: RecommendationCounts): void;
  /** One search through the vectors. */
  searched(milliseconds: number): void;
}

/** What gauges read whenever they are asked for. */
interface Measured {
  readonly version: string;
  readonly activeModel: Pick<ActiveModel, "current">;
  readonly queue: Pick<TrainingQueue, "list">;
}

export interface ResponseFigures {
  readonly method: string;
  /** With its parameters, `/v1/songs/:songId`; undefined where no route was found. */
  readonly route: string | undefined;
  readonly status: number;
  readonly milliseconds: number;
}

/** What is counted of one answer to a playlist. */
export interface RecommendationCounts {
  readonly strategy: string;
  readonly fallback: string;
  readonly knownSongs: number;
  readonly unknownSongs: number;
}

const requestSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const searchMilliseconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];

export function createMetrics(deps: Measured): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  gaugeModel(registry, deps);
  gaugeTraining(registry, deps);
  const requests = new Counter({
    name: "http_requests_total",
    help: "Answers",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time to answer",
    labelNames: ["route"],
    buckets: requestSeconds,
    registers,
  });
  const searches = new Histogram({
    name: "song2vec_search_milliseconds",
    help: "Time of one search through the vectors",
    buckets: searchMilliseconds,
    registers,
  });
  const recommendations = new Counter({
    name: "song2vec_recommendations_total",
    help: "Answers to playlists",
    labelNames: ["strategy", "fallback"],
    registers,
  });
  const songs = new Counter({
    name: "song2vec_playlist_songs_total",
    help: "Songs that were asked with; unknown ones over all are their share",
    labelNames: ["known"],
    registers,
  });
  return {
    registry,
    responded({ method, route = "none", status, milliseconds }) {
      requests.inc({ method, route, status });
      durations.observe({ route }, milliseconds / 1000);
    },
    recommended({ strategy, fallback, knownSongs, unknownSongs }) {
      recommendations.inc({ strategy, fallback });
      songs.inc({ known: "yes" }, knownSongs);
      songs.inc({ known: "no" }, unknownSongs);
    },
    searched: (milliseconds) => searches.observe(milliseconds),
  };
}

/** @param songs of the request */
export function countsOf(
  { strategy, fallback, unknownSongs }: Pick<RecommendationResult, "strategy" | "fallback" | "unknownSongs">,
  songs: number,
): RecommendationCounts {
  const known = Math.max(0, songs - unknownSongs.length);
  return { strategy, fallback: fallback ?? "none", knownSongs: known, unknownSongs: unknownSongs.length };
}

function gaugeModel(registry: Registry, { activeModel, version }: Measured): void {
  const gauge = gaugesOf(registry);
  const model = () => activeModel.current()?.model;
  new Gauge({ name: "song2vec_info", help: "Of this program", labelNames: ["version"], registers: [registry] }).set(
    { version },
    1,
  );
  gauge("song2vec_model_version", "The model version that answers; 0 while there is none", () => model()?.version ?? 0);
  gauge("song2vec_model_age_seconds", "Since it was made", () => ageOf(model()?.manifest.createdAt));
  gauge("song2vec_songs", "Songs that it knows", () => model()?.songs.length ?? 0);
  gauge(
    "song2vec_index_recall",
    "Of the ten songs most like a song, the share that its index finds; 1 where there is none in use",
    () => (model()?.graph ? (model()?.manifest.index?.recallAt10 ?? 1) : 1),
  );
}

function gaugeTraining(registry: Registry, { queue }: Measured): void {
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
  gauge("song2vec_training_songs_per_second", "In the newest epoch", () => lastEpoch()?.songsPerSecond ?? 0);
  gauge("song2vec_training_loss", "In the newest epoch", () => lastEpoch()?.loss ?? 0);
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

/** Seconds since a time; 0 without one. */
export function ageOf(createdAt: string | undefined): number {
  return createdAt === undefined ? 0 : Math.max(0, Math.round((Date.now() - Date.parse(createdAt)) / 1000));
}
