import { setTimeout as pause } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import { Command } from "commander";
import type { FastifyInstance } from "fastify";
import { destination, pino } from "pino";
import { type Config, readConfig } from "../config.ts";
import { createError } from "../errors.ts";
import { buildApp } from "../http/app.ts";
import { defaultKeys, readKeys } from "./keys.ts";
import { startService } from "../service/service.ts";
import { addSettings } from "./options.ts";
import { packageVersion } from "./package.ts";
import { showProgress } from "./progress.ts";

const examples = `
Examples:
  song2vec serve
  song2vec serve --playlists total_final.csv --catalogue songs.csv --data-dir /var/lib/song2vec
  PORT=8080 PLAYLISTS=lists/ PRESET=article song2vec serve
  HOST=0.0.0.0 API_KEYS_FILE=keys.txt song2vec serve
`;

export function serveCommand(): Command {
  const command = new Command("serve").description("serve recommendations; train first where there is no model yet");
  return addSettings(command).addHelpText("after", examples).action(runServe);
}

/** Of the log, in bytes: what is written at once, and what may wait for a reader; more is dropped. Lines wait for 100 ms at most. */
const logBuffer = { sync: false, minLength: 4096, maxLength: 2 ** 24, periodicFlush: 100 };

/** Milliseconds from the signal until requests that are still in flight are cut. */
const longestStop = 7000;

async function runServe(given: Record<string, unknown>): Promise<void> {
  const config = readConfig(given, process.env);
  if (config.playlists.includes("-"))
    throw createError("SETTING_INVALID", {
      reason: "PLAYLISTS: serve reads the playlists anew for each training: they can not come from standard input",
    });
  const givenKeys = await readKeys(config);
  const logger = pino({ level: config.logLevel, base: undefined }, destination(logBuffer));
  let stopping = false;
  let stop: (drainSeconds: number) => Promise<void> = async () => {};
  const grace = closeWithGrace(
    { delay: 10_000, logger: { error: (message: unknown) => logger.error({ err: message }, "stopping") } },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, "an error nobody caught");
      else logger.info({ signal }, "stopping");
      await stop(signal === "SIGTERM" ? config.drainSeconds : 0);
    },
  );
  try {
    const service = await startService(config, logger, {
      trainedBy: `song2vec ${packageVersion}`,
      display: (epochs) => (process.stderr.isTTY ? showProgress(process.stderr, epochs) : undefined),
    });
    stop = service.closeStore;
    const keys = givenKeys.length > 0 ? givenKeys : await defaultKeys(config, (text) => process.stderr.write(text));
    const app = await buildApp({
      version: packageVersion,
      logger,
      guard: { ...config, keys },
      stopping: () => stopping,
      ...service,
    });
    stop = async (drainSeconds) => {
      stopping = true;
      if (app.server.listening) await pause(drainSeconds * 1000);
      await closeWithin(app, longestStop - drainSeconds * 1000);
      await service.close();
      logger.flush();
    };
    await listen(app, config);
    await service.begin();
  } catch (error) {
    grace.uninstall();
    await stop(0);
    throw error;
  }
}

/** @throws PORT_UNAVAILABLE */
async function listen(app: FastifyInstance, { host, port }: Pick<Config, "host" | "port">): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const isInUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const reason = isInUse ? "the port is in use" : String(error);
    throw createError("PORT_UNAVAILABLE", { host, port, reason }, { cause: error });
  }
}

/** Takes no more connections and waits for the requests in flight; after a while their connections are cut. */
async function closeWithin(app: FastifyInstance, milliseconds: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), milliseconds);
  await app.close();
  clearTimeout(timer);
}
