import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { restartOf } from '../../src/commands/process-settings.ts';
import { startBuilt } from '../helpers/built-service.ts';

const started = { argv: ['/bin/node', '/app/main.js', 'serve', '--port', '1'], execArgv: ['--trace-gc'], execPath: '/bin/node', env: { PATH: '/bin' } };

describe('the settings that a server is started anew with', () => {
  it('keeps its command line, its environment and the options of Node', () => {
    const restart = restartOf(started);
    expect(restart?.args).toEqual(['/bin/node', '--max-semi-space-size=8', '--v8-pool-size=1', '--trace-gc', '/app/main.js', 'serve', '--port', '1']);
    expect(restart?.environment).toMatchObject({ PATH: '/bin', MALLOC_ARENA_MAX: '2' });
  });

  it('does so once', () => {
    const { args: [execPath = '', ...args] = [], environment = {} } = restartOf(started) ?? {};
    const script = args.indexOf('/app/main.js');
    expect(restartOf({ execPath, argv: [execPath, ...args.slice(script)], execArgv: args.slice(0, script), env: environment })).toBeUndefined();
  });

  it('leaves what somebody has set as it is, with a name of either form, on the command line or in NODE_OPTIONS', () => {
    const restart = restartOf({ ...started, execArgv: ['--max_semi_space_size=64'], env: { NODE_OPTIONS: '--no-warnings --v8-pool-size=4', MALLOC_ARENA_MAX: '8' } });
    expect(restart?.args.slice(0, 3)).toEqual(['/bin/node', '--max_semi_space_size=64', '/app/main.js']);
    expect(restart?.environment).toMatchObject({ MALLOC_ARENA_MAX: '8', MALLOC_MMAP_THRESHOLD_: '131072' });
  });

  it.skipIf(process.platform !== 'linux')('are those of the process that serves, which is the one that was started', async () => {
    const { child } = await startBuilt({ options: ['--max-semi-space-size=2'] });
    expect(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0').slice(1, 3)).toEqual(['--v8-pool-size=1', '--max-semi-space-size=2']);
    expect(readFileSync(`/proc/${child.pid}/environ`, 'utf8').split('\0')).toContain('MALLOC_MMAP_THRESHOLD_=131072');
  });
});
