import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { createError } from '../errors.ts';
import { type Evaluation, evaluationSchema } from '../evaluate/evaluation.ts';
import { openDataFolder } from './data-folder.ts';
import { addSettings, findVersion, readVersion } from './options.ts';

const examples = `
Examples:
  song2vec evaluate
  song2vec evaluate 3 --data-dir ./mine --json
`;

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('show how well a model version recommends what was held out of its training, beside each method alone')
    .argument('[version]', 'number of the version', readVersion, 'latest');
  addSettings(command, ['dataDir']);
  return command.option('--json', 'end with one JSON object on standard output').addHelpText('after', examples).action(runEvaluate);
}

async function runEvaluate(asked: number | 'latest', { json, ...options }: { readonly json?: boolean }): Promise<void> {
  const versions = await openDataFolder(readConfig(options, process.env).dataDir);
  const version = await findVersion(versions, asked, 'to evaluate');
  const { manifest } = await versions.find(version);
  if (!manifest.evaluation) throw createError('USAGE', { reason: `nothing was held out of the training of version ${version}: train with --hold-out 2000` });
  const evaluation = evaluationSchema.parse(manifest.evaluation);
  process.stderr.write(`version ${version}, ${evaluation.cases.toLocaleString('en')} playlists whose ends were held out\n${describeEvaluation(evaluation).join('\n')}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ version, blend: manifest.blend, ...evaluation })}\n`);
}

const columns = ['method', 'HR@10', 'NDCG@10', '95 % interval', 'NDCG@100', 'recall@100', 'R-prec', 'MRR', 'coverage', 'popularity', 'novelty'];

function describeEvaluation({ methods }: Evaluation): string[] {
  const rows = methods.map(({ method, hitRate10, ndcg10, ndcg10Interval, ndcg100, recall100, rPrecision, meanReciprocalRank, coverage, popularityPercentile, novelty }) => [
    method, hitRate10.toFixed(4), ndcg10.toFixed(4), ndcg10Interval.map((value) => value.toFixed(4)).join('–'), ndcg100.toFixed(4), recall100.toFixed(4), rPrecision.toFixed(4),
    meanReciprocalRank.toFixed(4), coverage.toFixed(3), popularityPercentile.toFixed(1), novelty.toFixed(1),
  ]);
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [columns, ...rows].map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '));
}
