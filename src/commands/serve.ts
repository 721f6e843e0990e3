import closeWithGrace from 'close-with-grace';
import { Command } from 'commander';
import { destination, pino } from 'pino';
import { type Config, readConfig } from '../config.ts';
import { createError } from '../errors.ts';
import { buildApp } from '../http/app.ts';
import { startService } from './service.ts';
import { addSettings } from './options.ts';
import { packageVersion } from './package.ts';

const examples = `
Examples:
  song2vec serve
  song2vec serve --playlists total_final.csv --catalogue songs.csv --data-dir /var/lib/song2vec
  PORT=8080 PLAYLISTS=lists/ PRESET=article song2vec serve
`;

export function serveCommand(): Command {
  const command = new Command('serve').description('serve recommendations; train first where there is no model yet');
  addSettings(command, ['host', 'port', 'dataDir', 'playlists', 'catalogue', 'playlistColumn', 'songColumn', 'songIds', 'preset', 'workers', 'keepModels', 'mostSongsLost', 'retrainCron', 'retrainAfter', 'trainingDeadline', 'logLevel']);
  return command.addHelpText('after', examples).action(runServe);
}

async function runServe(options: Record<string, unknown>): Promise<void> {
  const config = readConfig(options, process.env);
  if (config.playlists.includes('-')) throw createError('USAGE', { reason: 'serve reads the playlists anew for each training: they can not come from standard input' });
  const logger = pino({ level: config.logLevel, base: undefined }, destination({ sync: false }));
  const service = await startService(config, logger);
  const app = await buildApp({ version: packageVersion, logger, preset: config.preset, workers: config.workers, ...service });
  const stop = async () => {
    await service.close();
    await app.close();
    logger.flush();
  };
  const grace = closeWithGrace({ delay: 10_000, logger: { error: (message: unknown) => logger.error({ err: message }, 'stopping') } }, async ({ err, signal }) => {
    if (err) logger.error({ err }, 'an error nobody caught');
    else logger.info({ signal }, 'stopping');
    await stop();
  });
  try {
    await listen(app.listen.bind(app), config);
    await service.begin();
  } catch (error) {
    grace.uninstall();
    await stop();
    throw error;
  }
}

async function listen(start: (options: { host: string; port: number }) => Promise<string>, { host, port }: Config): Promise<void> {
  try {
    await start({ host, port });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' ? 'the port is in use' : String(error);
    throw createError('PORT_UNAVAILABLE', { host, port, reason }, { cause: error });
  }
}


