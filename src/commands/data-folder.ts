import { access, constants, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSample } from '../corpus/sample.ts';
import type { Config } from '../config.ts';
import { createError } from '../errors.ts';
import { openVersions, type Versions } from '../model/versions.ts';
import type { PlaylistSource } from '../training/pipeline.ts';

/**
 * The model versions of a data folder, which is made if need be.
 * @throws DATA_DIR_UNUSABLE
 */
export async function openDataFolder(dataDir: string): Promise<Versions> {
  try {
    await mkdir(dataDir, { recursive: true });
    const versions = await openVersions(join(dataDir, 'models'));
    await access(join(dataDir, 'models'), constants.W_OK);
    await versions.removeStaleStaging();
    return versions;
  } catch (error) {
    throw createError('DATA_DIR_UNUSABLE', { path: dataDir, reason: reasonOf(error) }, { cause: error });
  }
}

/** What to train on: the playlists that are set, or else the sample, which is made if it is not there. */
export async function playlistSource({ dataDir, playlists, catalogue, playlistColumn, songColumn, songIds }: Config): Promise<PlaylistSource & { sample: boolean }> {
  const reading = { playlistColumn, songColumn, songIds };
  if (playlists.length > 0) return { playlists, catalogue, ...reading, sample: false };
  const sample = await sampleFiles(join(dataDir, 'sample'));
  return { playlists: [sample.playlists], catalogue: sample.catalogue, playlistColumn: 'Category', songColumn: 'master_number', songIds, sample: true };
}

async function sampleFiles(folder: string): Promise<{ playlists: string; catalogue: string }> {
  const files = { playlists: join(folder, 'playlists.csv'), catalogue: join(folder, 'songs.csv') };
  const found = await Promise.all(Object.values(files).map((file) => stat(file).then(() => true, () => false)));
  return found.every(Boolean) ? files : writeSample(folder);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
