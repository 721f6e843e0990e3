/**
 * Training against gensim: the same plays, the same settings, one after the other in one run.
 *
 *     npm run bench:train -- <playlists.csv.gz> [epochs] [workers]
 *
 * gensim is Debian's python3-gensim, run by /usr/bin/python3; without it only our own figure is printed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCorpus } from '../../src/corpus/corpus.ts';
import { resolveHyperparameters } from '../../src/word2vec/hyperparameters.ts';
import { chooseKernel } from '../../src/word2vec/kernel/self-test.ts';
import { train } from '../../src/word2vec/train.ts';

const [file, epochs = '2', workers = '2'] = process.argv.slice(2);
if (file === undefined) throw new RangeError('which playlists?');

const gensimScript = `
import sys, time
from gensim.models import Word2Vec
playlists = [line.split() for line in open(sys.argv[1])]
model = Word2Vec(vector_size=256, window=10, min_count=1, sg=1, negative=20, workers=int(sys.argv[3]))
model.build_vocab(playlists)
started = time.time()
model.train(playlists, total_examples=model.corpus_count, epochs=int(sys.argv[2]))
print(sum(map(len, playlists)) * int(sys.argv[2]) / (time.time() - started))
`;

const read = performance.now();
const { tokens, offsets, vocabulary } = await readCorpus({ sources: [file] });
console.log(`${file}: ${tokens.length} plays of ${vocabulary.ids.length} songs, read in ${((performance.now() - read) / 1000).toFixed(2)} s, ${Math.round(process.resourceUsage().maxRSS / 1024)} MB at most`);

const folder = mkdtempSync(join(tmpdir(), 'song2vec-bench-'));
const sentences = join(folder, 'playlists.txt');
const lists = Array.from({ length: offsets.length - 1 }, (_, i) => tokens.subarray(offsets[i], offsets[i + 1]));
writeFileSync(sentences, lists.map((list) => list.join(' ')).join('\n'));
const peer = spawnSync('/usr/bin/python3', ['-c', gensimScript, sentences, epochs, workers], { encoding: 'utf8' });
rmSync(folder, { recursive: true });
const gensim = peer.status === 0 ? Number(peer.stdout) : undefined;

const { variant } = await chooseKernel();
const hyperparameters = resolveHyperparameters('article', { epochs: Number(epochs), workers: Number(workers) });
const { songsPerSecond } = await train({ plays: { tokens, offsets, counts: vocabulary.counts }, hyperparameters, variant });

console.table([
  { trainer: `gensim, ${workers} workers`, 'songs/s': gensim === undefined ? 'not installed' : Math.round(gensim), ratio: gensim === undefined ? '' : '1.0' },
  { trainer: `song2vec (${variant}), ${workers} workers`, 'songs/s': Math.round(songsPerSecond), ratio: gensim === undefined ? '' : (songsPerSecond / gensim).toFixed(1) },
]);
