import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, inject } from "vitest";
import { readConfig } from "../../src/config.ts";
import { buildApp } from "../../src/http/app.ts";
import type { Guard } from "../../src/http/deps.ts";
import { type Service, startService } from "../../src/service/service.ts";
import { catalogueCsv, playlistsCsv } from "./playlists.ts";
import { styledCatalogueCsv, styledPlaylistsCsv, styledSongs } from "./styles.ts";

export interface TestService {
  readonly app: FastifyInstance;
  readonly service: Service;
  readonly folder: string;
  close(): Promise<void>;
}

/**
 * Creates the service in this process with its own playlists. Nothing is trained before `service.begin()`.
 * @param trained shared data directory to copy
 */
export async function createTestService(
  csv: string = playlistsCsv(),
  environment: Record<string, string> = {},
  guard: Partial<Guard> = {},
  songs: string = catalogueCsv,
  trained?: "groups" | "styles",
): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-"));
  const playlists = join(folder, "playlists.csv");
  const catalogue = join(folder, "songs.csv");
  await writeFile(playlists, csv);
  await writeFile(catalogue, songs);
  if (trained) await cp(join(inject("trained"), trained), join(folder, "data"), { recursive: true });
  const config = readConfig(
    {},
    { PLAYLISTS: playlists, CATALOGUE: catalogue, DATA_DIR: join(folder, "data"), WORKERS: "1", ...environment },
  );
  const logger = pino({ level: "silent" });
  const service = await startService(config, logger);
  const app = await buildApp({
    version: "0.0.0",
    logger,
    basePath: config.basePath,
    guard: { longestDelay: 0, ...guard },
    ...service,
  });
  return {
    app,
    service,
    folder,
    close: async () => {
      await service.close();
      await app.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Creates the service with the shared model of two groups of songs. */
export async function createTrainedService(
  environment: Record<string, string> = {},
  guard: Partial<Guard> = {},
): Promise<TestService> {
  const test = await createTestService(undefined, environment, guard, undefined, "groups");
  await test.service.begin();
  return test;
}

export interface StyledService extends TestService {
  /** The style of a song. */
  styleOf(songId: string): string;
  /** Songs that belong to this style only, the most popular first. */
  songsOf(style: string): string[];
}

/** Creates one service for all tests of a file, with the model of a small sample whose songs have styles. */
export function useStyledService(): () => StyledService {
  let service: StyledService | undefined;
  beforeAll(async () => {
    service = await createStyledService();
  });
  afterAll(() => service?.close());
  return () => {
    if (!service) throw new Error("no test runs yet");
    return service;
  };
}

async function createStyledService(): Promise<StyledService> {
  const test = await createTestService(styledPlaylistsCsv(), {}, {}, styledCatalogueCsv(), "styles");
  await test.service.begin();
  const rows = test.service.activeModel.current()?.model.rows;
  const styles = new Map(styledSongs.map(({ songId, style }) => [songId, style]));
  return {
    ...test,
    styleOf: (songId) => styles.get(songId) ?? "none",
    songsOf: (name) =>
      styledSongs
        .filter(({ songId, style, share }) => style === name && share < 0.15 && rows?.get(songId) !== undefined)
        .toSorted((a, b) => b.popularity - a.popularity)
        .map(({ songId }) => songId),
  };
}
