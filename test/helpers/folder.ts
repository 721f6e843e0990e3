import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll } from "vitest";

/** Paths in a temporary folder that exists while the tests of a file run. */
export function useFolder(): (name: string) => string {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "song2vec-"));
    return () => rm(folder, { recursive: true, force: true });
  });
  return (name) => join(folder, name);
}
