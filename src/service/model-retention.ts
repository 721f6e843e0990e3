import type { Logger } from "pino";
import { createError } from "../errors.ts";
import type { Versions } from "../model/format/versions.ts";
import type { Mutex } from "../training/jobs/mutex.ts";
import type { ActiveModel } from "./active-model.ts";
import type { OtherVersions } from "./other-versions.ts";

export interface ModelRetentionOptions {
  readonly versions: Versions;
  readonly activeModel: ActiveModel;
  readonly otherVersions: Pick<OtherVersions, "drop">;
  /** The mutex of the active model. */
  readonly mutex: Mutex;
  readonly logger: Logger;
  /** Versions to keep, the active one included. */
  readonly keep: number;
  /** Versions that jobs start from or are compared with. */
  readonly neededByJobs: () => readonly number[];
}

export type ModelRetention = ReturnType<typeof createModelRetention>;

/** Creates what deletes model versions that are not in use. */
export function createModelRetention({
  versions,
  activeModel,
  otherVersions,
  mutex,
  logger,
  keep,
  neededByJobs,
}: ModelRetentionOptions) {
  function usage(version: number): string | undefined {
    if (version === activeModel.version()) return "it is active";
    return neededByJobs().includes(version) ? "a training job needs it" : undefined;
  }

  async function removeVersion(version: number, message: string): Promise<void> {
    await versions.remove(version);
    activeModel.dropStandby(version);
    otherVersions.drop(version);
    logger.info({ modelVersion: version }, message);
  }

  return {
    /** @throws MODEL_NOT_FOUND, MODEL_IN_USE */
    remove: (version: number) =>
      mutex.run(async () => {
        const reason = usage(version);
        if (reason !== undefined) throw createError("MODEL_IN_USE", { version, reason });
        await removeVersion(version, "model version deleted");
      }),

    /** Removes the oldest versions beyond those to keep. */
    prune: () =>
      mutex.run(async () => {
        const numbers = (await versions.list()).map(({ version }) => version);
        const unused = numbers.filter((version) => usage(version) === undefined);
        const kept = Math.max(0, keep - (activeModel.version() === null ? 0 : 1));
        for (const version of unused.toReversed().slice(kept))
          await removeVersion(version, "old model version deleted");
      }),
  };
}
