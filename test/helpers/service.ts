import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { type Service, startService } from "../../src/service/service.ts";
import { readConfig } from "../../src/config.ts";
import { buildApp } from "../../src/http/app.ts";
import type { Guard } from "../../src/http/deps.ts";
import { createRandom, pick } from "../../src/word2vec/random.ts";

/** Ids that must be plain data everywhere. */
export const hostileIds = [
  "two words",
  "a/b",
  "노래 하나",
  "🎵🎶",
  "__proto__",
  "constructor",
  "%2f",
  "q?x=1&y#z",
  'quo"te',
  "semi;colon,",
  "..",
  "مرحبا",
  "x".repeat(1000),
];

/** Playlists that each stay within one of two groups: the hostile ids, and the numbers 1 to 12. */
export function playlistsCsv(): string {
  const random = createRandom(4, 5, 6);
  const groups = [hostileIds, Array.from({ length: 12 }, (_, i) => String(i + 1))];
  const rows = Array.from({ length: 300 }, (_, playlist) => {
    const group = groups[playlist % 2] ?? [];
    return Array.from({ length: 6 }, () => `${playlist},"${pick(group, random).replaceAll('"', '""')}"`);
  });
  return ["Category,master_number", ...rows.flat()].join("\n");
}

/** Of some of the numbers; 3 is another version of 1. */
const catalogueCsv = `master_number,title,artist,genre
1,One,The Numbers,Odd
2,Two,The Numbers,Even
3,One (Live),The Numbers,Odd
4,Four,Quartet,Even
5,Five,Quartet,Odd
6,Six,Quartet,Even
`;

export interface TestService {
  readonly app: FastifyInstance;
  readonly service: Service;
  readonly folder: string;
  close(): Promise<void>;
}

/** The service in this process, over playlists of its own; nothing is trained before `service.begin()`. */
export async function createTestService(
  csv: string = playlistsCsv(),
  environment: Record<string, string> = {},
  guard: Partial<Guard> = {},
  songs: string = catalogueCsv,
): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-"));
  const playlists = join(folder, "playlists.csv");
  const catalogue = join(folder, "songs.csv");
  await writeFile(playlists, csv);
  await writeFile(catalogue, songs);
  const config = readConfig(
    {},
    { PLAYLISTS: playlists, CATALOGUE: catalogue, DATA_DIR: join(folder, "data"), WORKERS: "1", ...environment },
  );
  const logger = pino({ level: "silent" });
  const service = await startService(config, logger);
  const app = await buildApp({
    version: "0.0.0",
    logger,
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
