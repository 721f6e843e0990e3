import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createError, Song2vecError } from '../errors.ts';
import { ingestReportSchema } from '../corpus/playlists.ts';
import { hyperparametersSchema, presetNames } from '../word2vec/hyperparameters.ts';
import type { TrainingEvent } from './pipeline.ts';

export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;

const epochSchema = z.object({
  epoch: z.int(),
  loss: z.number().describe('True mean loss per positive pair, in nats'),
  validation: z.number().nullable().describe('NDCG@10 of held-out plays; null where nothing is held out'),
  songsPerSecond: z.number(),
});

/** A training job as its clients see it. */
export const trainingJobSchema = z.object({
  jobId: z.string(),
  state: z.enum(jobStates),
  preset: z.enum(presetNames),
  hyperparameters: hyperparametersSchema,
  warmStart: z.int().nullable().describe('The version whose vectors training starts from; null: from random ones'),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  progress: z.object({
    phase: z.enum(['waiting', 'reading', 'training', 'writing', 'loading', 'ended']),
    share: z.number().min(0).max(1).describe('Of all songs × epochs, how many are trained'),
    etaSeconds: z.number().nullable().describe('Seconds that training will still take'),
  }),
  epochs: z.array(epochSchema).describe('One entry for each epoch done'),
  kernel: z.string().nullable(),
  data: ingestReportSchema.nullable().describe('What was read, kept and dropped'),
  predictedMemoryMB: z.number().nullable().describe('The most that the trainer is reckoned to hold'),
  peakMemoryMB: z.number().nullable().describe('The most that it held'),
  modelVersion: z.int().nullable().describe('The version that came of it'),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type TrainingJob = z.infer<typeof trainingJobSchema>;

/** What is asked of a job. */
export type JobRequest = Pick<TrainingJob, 'preset' | 'hyperparameters' | 'warmStart'>;

/** Does the work of one job; `tell` hears how it goes. */
export type RunJob = (request: JobRequest, tell: (event: TrainingEvent) => void, signal: AbortSignal) => Promise<number>;

export interface QueueOptions {
  /** Trains and returns the version published. */
  readonly run: RunJob;
  /** Makes a version the one that is served, before its job counts as done. */
  readonly activate: (version: number) => Promise<void>;
  readonly onChange?: (job: TrainingJob, event?: TrainingEvent) => void;
  readonly clock?: () => Date;
}

/** Training jobs: one runs at a time, the others wait in the order they came. */
export interface Queue {
  /** @throws TRAINING_QUEUE_FULL */
  add(request: JobRequest): TrainingJob;
  /** Newest first. */
  list(): TrainingJob[];
  /** @throws TRAINING_JOB_NOT_FOUND */
  get(jobId: string): TrainingJob;
  /** Resolves once nothing of the job runs any more. @throws TRAINING_JOB_NOT_FOUND, TRAINING_JOB_ENDED */
  cancel(jobId: string): Promise<TrainingJob>;
  /** Resolves with the job once it has ended. */
  ended(jobId: string): Promise<TrainingJob>;
  /** Cancels what runs and what waits. */
  close(): Promise<void>;
}

const longestQueue = 20;
const keptJobs = 100;

interface Entry {
  job: TrainingJob;
  readonly controller: AbortController;
  readonly done: PromiseWithResolvers<void>;
}

export function createQueue({ run, activate, onChange, clock = () => new Date() }: QueueOptions): Queue {
  const entries = new Map<string, Entry>();
  let running = false;
  let closed = false;

  function change(entry: Entry, changes: Partial<TrainingJob>, event?: TrainingEvent): void {
    entry.job = { ...entry.job, ...changes };
    onChange?.(entry.job, event);
  }

  function waiting(): Entry[] {
    return [...entries.values()].filter(({ job }) => job.state === 'queued');
  }

  async function runNext(): Promise<void> {
    const entry = waiting()[0];
    if (running || closed || entry === undefined) return;
    running = true;
    await runEntry(entry);
    running = false;
    void runNext();
  }

  async function runEntry(entry: Entry): Promise<void> {
    const { signal } = entry.controller;
    const timing = { started: 0 };
    change(entry, { state: 'running', startedAt: clock().toISOString(), progress: { phase: 'reading', share: 0, etaSeconds: null } });
    try {
      const tell = (event: TrainingEvent) => change(entry, follow(entry.job, event, timing, clock), event);
      const version = await run(entry.job, tell, signal);
      change(entry, { modelVersion: version, progress: { phase: 'loading', share: 1, etaSeconds: 0 } });
      await activate(version);
      end(entry, 'succeeded');
    } catch (error) {
      if (signal.aborted) end(entry, 'cancelled');
      else end(entry, 'failed', { code: error instanceof Song2vecError ? error.code : 'INTERNAL', message: error instanceof Error ? error.message : String(error) });
    }
  }

  function end(entry: Entry, state: 'succeeded' | 'failed' | 'cancelled', error: TrainingJob['error'] = null): void {
    const progress = { ...entry.job.progress, phase: 'ended' as const, etaSeconds: null };
    change(entry, { state, error, progress, endedAt: clock().toISOString() });
    entry.done.resolve();
    const ended = [...entries.values()].filter(({ job }) => job.endedAt !== null);
    for (const { job } of ended.slice(0, Math.max(0, ended.length - keptJobs))) entries.delete(job.jobId);
  }

  function find(jobId: string): Entry {
    const entry = entries.get(jobId);
    if (!entry) throw createError('TRAINING_JOB_NOT_FOUND', { jobId });
    return entry;
  }

  async function cancel(jobId: string): Promise<TrainingJob> {
    const entry = find(jobId);
    if (entry.job.endedAt !== null) throw createError('TRAINING_JOB_ENDED', { jobId, state: entry.job.state });
    entry.controller.abort();
    if (entry.job.state === 'queued') end(entry, 'cancelled');
    await entry.done.promise;
    return entry.job;
  }

  return {
    add(request) {
      if (waiting().length >= longestQueue) throw createError('TRAINING_QUEUE_FULL', { limit: longestQueue });
      const job = newJob(request, clock());
      entries.set(job.jobId, { job, controller: new AbortController(), done: Promise.withResolvers() });
      void runNext();
      return find(job.jobId).job;
    },
    list: () => [...entries.values()].map(({ job }) => job).toReversed(),
    get: (jobId) => find(jobId).job,
    cancel,
    async ended(jobId) {
      const entry = find(jobId);
      await entry.done.promise;
      return entry.job;
    },
    async close() {
      closed = true;
      const open = [...entries.values()].filter(({ job }) => job.endedAt === null);
      await Promise.all(open.map(({ job }) => cancel(job.jobId)));
    },
  };
}

function newJob({ preset, hyperparameters, warmStart }: JobRequest, now: Date): TrainingJob {
  return {
    jobId: randomUUID(), state: 'queued', preset, hyperparameters, warmStart, createdAt: now.toISOString(), startedAt: null, endedAt: null,
    progress: { phase: 'waiting', share: 0, etaSeconds: null }, epochs: [], kernel: null, data: null,
    predictedMemoryMB: null, peakMemoryMB: null, modelVersion: null, error: null,
  };
}

function follow(job: TrainingJob, event: TrainingEvent, timing: { started: number }, clock: () => Date): Partial<TrainingJob> {
  const { progress } = job;
  switch (event.type) {
    case 'corpus':
      return { data: event.report };
    case 'kernel':
      timing.started = clock().getTime();
      return { kernel: event.kernel, progress: { ...progress, phase: 'training' } };
    case 'progress': {
      const share = event.songsInAll === 0 ? 1 : Math.min(1, event.songsDone / event.songsInAll);
      const seconds = (clock().getTime() - timing.started) / 1000;
      const etaSeconds = share === 0 ? null : Math.round((seconds * (1 - share)) / share * 10) / 10;
      return { progress: { phase: 'training', share: Math.round(share * 1e4) / 1e4, etaSeconds } };
    }
    case 'epoch': {
      const { epoch, loss, validation, songsPerSecond } = event;
      return { epochs: [...job.epochs, { epoch, loss, validation, songsPerSecond: Math.round(songsPerSecond) }] };
    }
    case 'memory':
      return { predictedMemoryMB: event.predictedMB };
    case 'trained':
      return { peakMemoryMB: event.summary.peakMemoryMB };
    case 'writing':
      return { progress: { phase: 'writing', share: 1, etaSeconds: 0 } };
    default:
      return {};
  }
}
