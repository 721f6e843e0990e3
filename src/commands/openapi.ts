import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { pino } from "pino";
import { buildApp } from "../http/app.ts";
import { createTrainingQueue } from "../training/jobs/training-queue.ts";
import { createTuningQueue } from "../training/tuning/tuning-job.ts";
import { packageVersion } from "./package.ts";

/** Builds the OpenAPI document from the schemas, without a running service. */
export async function openApiText(): Promise<string> {
  const fail = () => {
    throw new TypeError("the OpenAPI document needs no service");
  };
  const unused = async () => fail();
  const jobs = { save: unused, list: unused, remove: unused };
  const app = await buildApp({
    version: packageVersion,
    logger: pino({ level: "silent" }),
    activeModel: { get: fail, current: () => undefined, version: () => null, activate: unused },
    otherVersions: { get: unused },
    versions: { list: unused, find: unused },
    retention: { remove: unused },
    comparisons: { compare: unused },
    closeStore: async () => {},
    trainingDeadline: 86_400,
    playlists: {
      put: unused,
      putAll: unused,
      get: unused,
      remove: unused,
      page: unused,
      count: unused,
      revision: unused,
      changesSince: unused,
    },
    provisional: { put: unused, remove: unused },
    queue: createTrainingQueue({ store: jobs, run: unused, activate: unused }),
    tuningQueue: createTuningQueue({ store: jobs, run: unused }),
    resolveRequest: () => {
      throw new Error("unused");
    },
  });
  await app.ready();
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  await app.close();
  return text;
}

export function openApiCommand(): Command {
  return new Command("openapi")
    .description("write the OpenAPI document")
    .option("--output <file>", "file to write; standard output without it")
    .addHelpText("after", "\nExample:\n  song2vec openapi --output openapi/openapi.json\n")
    .action(async ({ output }: { output?: string }) => {
      const text = await openApiText();
      if (output === undefined) process.stdout.write(text);
      else await writeFile(output, text);
    });
}
