import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import { Command } from "commander";
import type { FastifyInstance } from "fastify";
import { type Config, readConfig } from "../config.ts";
import { createError, messageOf } from "../errors.ts";
import { buildApp } from "../http/app.ts";
import { defaultKeys, readKeys } from "./keys.ts";
import { startService } from "../service/service.ts";
import { createLogger } from "./log.ts";
import { addSettings } from "./options.ts";
import { packageVersion } from "./package.ts";
import { createProgressBar, displayTraining, type ProgressBar } from "./progress.ts";
import { addressOf, describeStart, type Start } from "./start-message.ts";

const examples = `
Examples:
  song2vec serve
  song2vec serve --playlists total_final.csv --catalogue songs.csv --data-dir /var/lib/song2vec
  PORT=8080 PLAYLISTS=lists/ PRESET=article song2vec serve
  HOST=0.0.0.0 API_KEYS_FILE=keys.txt song2vec serve
`;

export function serveCommand(): Command {
  const command = new Command("serve").description(
    "start the server; train a model first if the data directory has none",
  );
  return addSettings(command).addHelpText("after", examples).action(runServe);
}

/** Milliseconds from the signal until the connections of requests in flight are closed. */
const longestStop = 7000;

async function runServe(given: Record<string, unknown>): Promise<void> {
  const config = readConfig(given, process.env);
  if (config.playlists.includes("-"))
    throw createError("SETTING_INVALID", {
      reason: "PLAYLISTS cannot be standard input (-): each training of the server reads the playlists again.",
    });
  const givenKeys = await readKeys(config);
  let bar: ProgressBar | undefined;
  const write = (lines: string) => void (bar ? bar.write(lines) : process.stdout.write(lines));
  const { logger, isPretty } = await createLogger(config, write);
  let stopping = false;
  let stop: (drainSeconds: number) => Promise<void> = async () => {};
  const grace = closeWithGrace(
    { delay: 10_000, logger: { error: (message: unknown) => logger.error({ err: message }, "stopping") } },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, "uncaught error");
      else logger.info({ signal }, "stopping");
      await stop(signal === "SIGTERM" ? config.drainSeconds : 0);
    },
  );
  try {
    const service = await startService(config, logger, {
      trainedBy: `song2vec ${packageVersion}`,
      display(epochs) {
        if (!process.stderr.isTTY) return undefined;
        const shown = (bar = createProgressBar(process.stderr, "training"));
        const { onEvent, stop: end } = displayTraining(shown, epochs);
        return {
          onEvent,
          stop() {
            end();
            if (bar === shown) bar = undefined;
          },
        };
      },
    });
    stop = service.closeStore;
    const keys = givenKeys.length > 0 ? givenKeys : await defaultKeys(config, (text) => process.stderr.write(text));
    const app = await buildApp({
      version: packageVersion,
      logger,
      basePath: config.basePath,
      guard: { ...config, keys },
      stopping: () => stopping,
      ...service,
    });
    stop = async (drainSeconds) => {
      stopping = true;
      if (app.server.listening) await pause(drainSeconds * 1000);
      await closeWithin(app, longestStop - drainSeconds * 1000);
      await service.close();
      logger.info("stopped");
      logger.flush();
    };
    await listen(app, config);
    await service.begin();
    const model = service.activeModel.current()?.model;
    const started: Start = {
      address: addressOf(app, config.basePath),
      dataDir: resolve(config.dataDir),
      songId: model?.songs.at(0)?.id,
      needsKey: keys.length > 0,
      isSample: model?.manifest.sample === true,
    };
    if (isPretty) write(describeStart(started));
    else logger.info({ address: started.address, dataDir: started.dataDir }, "ready");
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
    const reason = isInUse ? "port in use" : messageOf(error);
    throw createError("PORT_UNAVAILABLE", { host, port, reason }, { cause: error });
  }
}

/** Closes the server: waits for the requests in flight, then closes their connections. */
async function closeWithin(app: FastifyInstance, milliseconds: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), milliseconds);
  await app.close();
  clearTimeout(timer);
}
