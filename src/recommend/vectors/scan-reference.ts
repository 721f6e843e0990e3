import { centroidsAPart, codeStep, partSize, placeOfCode } from "../../model/memory/layout.ts";
import { createGraphReference } from "../index/graph-reference.ts";
import type { Kernel } from "./scan.ts";

/** The largest product in a table. */
const mostInTable = 63;

/** The plain TypeScript twin of assembly/: what each function does, for where WebAssembly lacks SIMD and for the tests. */
export function createReferenceKernel(memory: WebAssembly.Memory): Kernel {
  const floats = new Float32Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  const signed = new Int8Array(memory.buffer);
  const shorts = new Int16Array(memory.buffer);
  const integers = new Int32Array(memory.buffer);

  function product(row: number, stride: number, query: number): number {
    let sum = 0;
    for (let i = 0; i < stride; i++) sum += (floats[row / 4 + i] ?? 0) * (floats[query / 4 + i] ?? 0);
    return sum;
  }

  function quantisedProduct(row: number, stride: number, query: number, factor: number, unit: number): number {
    let sum = 0;
    for (let i = 0; i < stride; i++) sum += (signed[row + i] ?? 0) * (shorts[query / 2 + i] ?? 0);
    return inFloats(sum, factor, unit);
  }

  function inSevenBits(
    row: number,
    sumOfRow: number,
    stride: number,
    query: number,
    factor: number,
    unit: number,
  ): number {
    let sum = -64 * (integers[sumOfRow / 4] ?? 0);
    for (let i = 0; i < stride; i++) sum += (signed[row + i] ?? 0) * (bytes[query + i] ?? 0);
    return inFloats(sum, factor, unit);
  }

  function inFloats(sum: number, factor: number, unit: number): number {
    return Math.fround(Math.fround(Math.fround(sum) * (floats[factor / 4] ?? 0)) * Math.fround(unit));
  }

  const isExcluded = (excluded: number, row: number) =>
    excluded !== 0 && (((bytes[excluded + (row >> 3)] ?? 0) >> (row & 7)) & 1) === 1;

  /** Sorts what is kept and what is new, and keeps the best: slower than a heap, and the same rows. */
  function keepBest(heap: number, size: number, capacity: number, found: [score: number, row: number][]): number {
    const kept = Array.from({ length: size }, (_, i): [number, number] => [
      floats[heap / 4 + 2 * i] ?? 0,
      words[heap / 4 + 2 * i + 1] ?? 0,
    ]);
    const best = [...kept, ...found].toSorted(([a, rowA], [b, rowB]) => b - a || rowA - rowB).slice(0, capacity);
    for (const [i, [score, row]] of best.toReversed().entries()) {
      floats[heap / 4 + 2 * i] = score;
      words[heap / 4 + 2 * i + 1] = row;
    }
    return best.length;
  }

  /** Likelihoods of some songs, and of the two turns of each node on their ways. */
  function likelihoodsOf(
    songs: number,
    ways: number,
    list: number,
    count: number,
    scoreOf: (node: number) => number,
  ): { found: number[]; turnsOfNodes: Map<number, [number, number]> } {
    const root = songs - 2;
    const turnsOfNodes = new Map<number, [number, number]>();
    const turnInto = (child: number): number => {
      const turn = words[ways / 4 + child] ?? 0;
      const pair = turnsOfNodes.get(turn >>> 1) ?? turnsOf(turn >>> 1);
      turnsOfNodes.set(turn >>> 1, pair);
      return pair[turn & 1] ?? 0;
    };
    const turnsOf = (node: number): [number, number] => {
      const start = node === root ? 0 : turnInto(songs + node);
      const score = scoreOf(node);
      return [start + logSigmoid(score), start + logSigmoid(-score)];
    };
    return { found: Array.from({ length: count }, (_, i) => turnInto(words[list / 4 + i] ?? 0)), turnsOfNodes };
  }

  const turnTo = (ways: number, turns: number, child: number) =>
    floats[turns / 4 + (words[ways / 4 + child] ?? 0)] ?? 0;

  return {
    ...createGraphReference(memory),
    scan(matrix, rows, stride, query, scores) {
      for (let row = 0; row < rows; row++) floats[scores / 4 + row] = product(matrix + row * stride * 4, stride, query);
    },
    scanRows(matrix, list, count, stride, query, scores) {
      for (let i = 0; i < count; i++)
        floats[scores / 4 + i] = product(matrix + (words[list / 4 + i] ?? 0) * stride * 4, stride, query);
    },
    scanQuantised(matrix, factors, rows, stride, query, unit, scores) {
      for (let row = 0; row < rows; row++)
        floats[scores / 4 + row] = quantisedProduct(matrix + row * stride, stride, query, factors + row * 4, unit);
    },
    scanRowsQuantised(matrix, factors, list, count, stride, query, unit, scores) {
      for (let i = 0; i < count; i++) {
        const row = words[list / 4 + i] ?? 0;
        floats[scores / 4 + i] = quantisedProduct(matrix + row * stride, stride, query, factors + row * 4, unit);
      }
    },
    nearestQuantised(matrix, factors, sums, first, rows, stride, query, unit, excluded, heap, size, capacity) {
      const found: [number, number][] = [];
      const worst = size === capacity ? (floats[heap / 4] ?? 0) : -Infinity;
      for (let i = 0; i < rows; i++) {
        const score = inSevenBits(matrix + i * stride, sums + i * 4, stride, query, factors + i * 4, unit);
        if (score > worst && !isExcluded(excluded, first + i)) found.push([score, first + i]);
      }
      return keepBest(heap, size, capacity, found);
    },
    fillTable(codebook, stride, query, products, table) {
      const parts = stride / partSize;
      let [least, widest] = [0, 0];
      for (let part = 0; part < parts; part++) {
        const found = Array.from({ length: centroidsAPart }, (_, centroid) => {
          let sum = 0;
          for (let i = part * partSize; i < (part + 1) * partSize; i++)
            sum += (floats[codebook / 4 + i * centroidsAPart + centroid] ?? 0) * (floats[query / 4 + i] ?? 0);
          return Math.fround(sum);
        });
        const lowest = Math.min(...found);
        least += lowest;
        widest = Math.max(widest, Math.max(...found) - lowest);
        floats.set(
          found.map((product) => product - lowest),
          products / 4 + part * centroidsAPart,
        );
      }
      const scale = widest > 0 ? mostInTable / widest : 0;
      for (let at = 0; at < parts * centroidsAPart; at++)
        bytes[table + at] = Math.round((floats[products / 4 + at] ?? 0) * scale);
      floats[products / 4] = least;
      return Math.fround(widest / mostInTable);
    },
    listCoded(
      codes,
      scales,
      table,
      tableUnit,
      least,
      margin,
      first,
      rows,
      stride,
      excluded,
      heap,
      capacity,
      list,
      progress,
    ) {
      let [size, listed] = [words[progress / 4] ?? 0, words[progress / 4 + 1] ?? 0];
      const lowest = Math.fround(Math.fround(least) + Math.fround(margin));
      for (let i = 0; i < rows; i++) {
        const { at, shift } = placeOfCode(i, stride);
        let sum = 0;
        for (let part = 0; part < stride / partSize; part++) {
          sum +=
            bytes[table + part * centroidsAPart + (((bytes[codes + at + part * codeStep] ?? 0) >> shift) & 15)] ?? 0;
        }
        const worst = size === capacity ? (floats[heap / 4] ?? 0) : -Infinity;
        const scale = floats[scales / 4 + i] ?? 0;
        const most = Math.fround(Math.fround(Math.fround(sum * Math.fround(tableUnit)) + lowest) * scale);
        if (!(most > worst) || isExcluded(excluded, first + i)) continue;
        floats[list / 4 + 2 * listed] = most;
        words[list / 4 + 2 * listed + 1] = first + i;
        listed++;
        const estimate = Math.fround(most - Math.fround(Math.fround(margin) * scale));
        if (estimate > worst) size = keepBest(heap, size, capacity, [[estimate, first + i]]);
      }
      words.set([size, listed], progress / 4);
    },
    scoreListed(list, progress, heap, listedFor, capacity, matrix, factors, stride, query, unit) {
      const [size = 0, listed = 0] = words.subarray(progress / 4, progress / 4 + 2);
      const least = size === listedFor ? (floats[heap / 4] ?? 0) : -Infinity;
      const found: [number, number][] = [];
      for (let i = 0; i < listed; i++) {
        const row = words[list / 4 + 2 * i + 1] ?? 0;
        if ((floats[list / 4 + 2 * i] ?? 0) >= least)
          found.push([quantisedProduct(matrix + row * stride, stride, query, factors + row * 4, unit), row]);
      }
      return keepBest(heap, 0, capacity, found);
    },
    walk(scores, nodes, songs, ways, turns) {
      for (let node = nodes - 1; node >= 0; node--) {
        const start = node === nodes - 1 ? 0 : turnTo(ways, turns, songs + node);
        const score = floats[scores / 4 + node] ?? 0;
        const likelihood = logSigmoid(score);
        floats[scores / 4 + node] = likelihood;
        floats[turns / 4 + 2 * node] = start + likelihood;
        floats[turns / 4 + 2 * node + 1] = start + likelihood - score;
      }
    },
    arrive(songs, ways, turns, likelihoods) {
      for (let song = 0; song < songs; song++) floats[likelihoods / 4 + song] = turnTo(ways, turns, song);
    },
    likeliest(songs, ways, turns, excluded, heap, capacity) {
      const found = Array.from({ length: songs }, (_, song): [number, number] => [turnTo(ways, turns, song), song]);
      return keepBest(
        heap,
        0,
        capacity,
        found.filter(([, song]) => !isExcluded(excluded, song)),
      );
    },
    climb(matrix, factors, songs, stride, query, unit, ways, _met, _nodes, turns, list, count, likelihoods) {
      const scoreOf = (node: number) =>
        factors === 0
          ? product(matrix + node * stride * 4, stride, query)
          : quantisedProduct(matrix + node * stride, stride, query, factors + node * 4, unit);
      const { found, turnsOfNodes } = likelihoodsOf(songs, ways, list, count, scoreOf);
      floats.set(found, likelihoods / 4);
      for (const [node, pair] of turnsOfNodes) floats.set(pair, turns / 4 + 2 * node);
    },
    climbBoth(
      matrix,
      factors,
      songs,
      stride,
      query,
      unit,
      other,
      otherUnit,
      ways,
      _met,
      _nodes,
      turns,
      list,
      count,
      likelihoods,
    ) {
      for (const [place, [asked, unitOfIt]] of (
        [
          [query, unit],
          [other, otherUnit],
        ] as const
      ).entries()) {
        const { found, turnsOfNodes } = likelihoodsOf(songs, ways, list, count, (node) =>
          quantisedProduct(matrix + node * stride, stride, asked, factors + node * 4, unitOfIt),
        );
        for (const [i, likelihood] of found.entries()) floats[likelihoods / 4 + 2 * i + place] = likelihood;
        for (const [node, pair] of turnsOfNodes)
          for (const [turn, likelihood] of pair.entries()) floats[turns / 4 + 4 * node + 2 * turn + place] = likelihood;
      }
    },
    descend(matrix, factors, songs, stride, query, unit, forks, excluded, _queue, found, most, budget) {
      const queue: [likelihood: number, child: number][] = [[0, 2 * songs - 2]];
      const best: [number, number][] = [];
      let left = budget;
      while (best.length < most) {
        const [likelihood, child] = queue.pop() ?? [];
        if (likelihood === undefined || child === undefined) break;
        if (child < songs) {
          if (!isExcluded(excluded, child)) best.push([likelihood, child]);
          continue;
        }
        if (left-- === 0) return -1;
        const node = child - songs;
        const score = quantisedProduct(matrix + node * stride, stride, query, factors + node * 4, unit);
        for (const [turn, sign] of [1, -1].entries())
          enqueue(queue, Math.fround(likelihood + logSigmoid(sign * score)), words[forks / 4 + 2 * node + turn] ?? 0);
      }
      for (const [i, [likelihood, song]] of best.entries()) {
        floats[found / 4 + 2 * i] = likelihood;
        words[found / 4 + 2 * i + 1] = song;
      }
      return best.length;
    },
  };
}

/** Puts an entry in its place among others that rise. */
function enqueue(queue: [number, number][], likelihood: number, child: number): void {
  const place = queue.findLastIndex(([other]) => other <= likelihood) + 1;
  queue.splice(place, 0, [likelihood, child]);
}

/** log σ(s) */
export function logSigmoid(score: number): number {
  return Math.min(score, 0) - Math.log1p(Math.exp(-Math.abs(score)));
}
