import type { Slot } from '../model/layout.ts';
import { hasBit, setBit } from './mask.ts';
import { logSigmoid } from './scan-reference.ts';

/**
 * Likelihoods of some songs under hierarchical softmax, each summed up along its own way through the tree.
 *
 * @param ways see ModelMemory [2V − 1]
 * @param songs V
 * @param rows songs, each once
 * @param scoreNodes writes the scores of the first nodes in `slot.rows` to `slot.rowScores`
 * @returns [rows.length]
 */
export function likelihoodsOf(ways: Uint32Array, songs: number, slot: Slot, rows: Uint32Array, scoreNodes: (count: number) => void): Float32Array {
  const { met, rows: nodes, rowScores, turns } = slot;
  const root = songs + songs - 2;
  let count = 0;
  for (const row of rows) {
    for (let child = row; child !== root; ) {
      const node = (ways[child] ?? 0) >>> 1;
      if (hasBit(met, node)) break;
      setBit(met, node);
      nodes[count++] = node;
      child = songs + node;
    }
  }

  nodes.subarray(0, count).sort();
  scoreNodes(count);
  for (let i = 0; i < count; i++) {
    const node = nodes[i] ?? 0;
    const score = rowScores[i] ?? 0;
    met[node >> 3] = 0;
    turns[2 * node] = logSigmoid(score);
    turns[2 * node + 1] = logSigmoid(-score);
  }
  return Float32Array.from(rows, (row) => {
    let likelihood = 0;
    for (let child = row; child !== root; ) {
      const turn = ways[child] ?? 0;
      likelihood += turns[turn] ?? 0;
      child = songs + (turn >>> 1);
    }
    return likelihood;
  });
}
