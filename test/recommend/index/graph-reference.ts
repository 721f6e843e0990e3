import type { Kernel } from "../../../src/recommend/vectors/scan.ts";

type Scored = readonly [score: number, row: number];

const none = 0xffffffff;
const layerShift = 4;
const inOrder = ([a, rowA]: Scored, [b, rowB]: Scored) => b - a || rowA - rowB;

/** The TypeScript reference implementation of the graph functions in assembly/. */
export function createGraphReference(
  memory: WebAssembly.Memory,
): Pick<Kernel, "openGraph" | "searchGraph" | "linkRows" | "linkBack"> {
  const floats = new Float32Array(memory.buffer);
  const uint32 = new Uint32Array(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  const signed = new Int8Array(memory.buffer);
  const shorts = new Int16Array(memory.buffer);
  let graph = { matrix: 0, factors: 0, songs: 0, stride: 0, links: 0, upper: 0, width: 0 };

  const hasBit = (bits: number, row: number) =>
    bits !== 0 && (((bytes[bits + (row >> 3)] ?? 0) >> (row & 7)) & 1) === 1;
  const factorOf = (row: number) => floats[graph.factors / 4 + row] ?? 0;

  function scoreOf(row: number, query: number): number {
    let sum = 0;
    for (let i = 0; i < graph.stride; i++)
      sum += (signed[graph.matrix + row * graph.stride + i] ?? 0) * (shorts[query / 2 + i] ?? 0);
    return Math.fround(Math.fround(sum) * factorOf(row));
  }

  function similarityOf(row: number, other: number): number {
    const { matrix, stride } = graph;
    let sum = 0;
    for (let i = 0; i < stride; i++)
      sum += (signed[matrix + row * stride + i] ?? 0) * (signed[matrix + other * stride + i] ?? 0);
    return Math.fround(Math.fround(Math.fround(sum) * factorOf(row)) * factorOf(other));
  }

  function linksAt(table: number, index: number): number[] {
    const start = table / 4 + index * graph.width;
    const all = [...uint32.subarray(start, start + graph.width)];
    return all.slice(0, all.includes(none) ? all.indexOf(none) : graph.width);
  }

  function approach(top: number, last: number, entry: number, query: number): number {
    let row = entry;
    let best = scoreOf(row, query);
    for (let layer = top; layer >= last; layer--) {
      let start = 0;
      for (let below = 1; below < layer; below++) start += graph.songs >> (below * layerShift);
      for (let from = -1; from !== row;) {
        from = row;
        for (const other of linksAt(graph.upper, start + (from >> (layer * layerShift)))) {
          const score = scoreOf(other, query);
          if (score > best) [best, row] = [score, other];
        }
      }
    }
    return row;
  }

  /** Best first. */
  function search(top: number, last: number, entry: number, query: number, excluded: number, limit: number): Scored[] {
    const first = approach(top, last, entry, query);
    const met = new Set([first]);
    const queue: Scored[] = [[scoreOf(first, query), first]];
    const found: Scored[] = queue.filter(([, row]) => !hasBit(excluded, row));
    const worst = () => (found.length === limit ? (found.at(-1)?.[0] ?? 0) : -Infinity);
    for (let next = queue[0]; next && next[0] >= worst(); next = queue[0]) {
      queue.shift();
      const neighbours = linksAt(graph.links, next[1]).filter((row) => !met.has(row));
      for (const row of neighbours) {
        met.add(row);
        const entryOf: Scored = [scoreOf(row, query), row];
        if (found.length === limit && entryOf[0] <= worst()) continue;
        insert(queue, entryOf);
        if (!hasBit(excluded, row)) insert(found, entryOf);
        if (found.length > limit) found.pop();
      }
    }
    return found;
  }

  function writeHeap(heap: number, best: readonly Scored[]): number {
    for (const [i, [score, row]] of best.toReversed().entries()) {
      floats[heap / 4 + 2 * i] = score;
      uint32[heap / 4 + 2 * i + 1] = row;
    }
    return best.length;
  }

  function widen(row: number, query: number): void {
    const { matrix, stride } = graph;
    for (let i = 0; i < stride; i++) shorts[query / 2 + i] = signed[matrix + row * stride + i] ?? 0;
  }

  function chooseLinks(row: number, candidates: readonly Scored[], limit: number): void {
    const chosen: number[] = [];
    for (const [score, other] of candidates) {
      const similarity = Math.fround(score * factorOf(row));
      if (chosen.length < limit && chosen.every((before) => similarityOf(other, before) <= similarity))
        chosen.push(other);
    }
    const { links, width } = graph;
    uint32.fill(none, links / 4 + row * width, links / 4 + (row + 1) * width);
    uint32.set(chosen, links / 4 + row * width);
  }

  function addLink(row: number, added: number, query: number): void {
    const { links, width } = graph;
    const own = linksAt(links, row);
    if (own.length < width) {
      uint32[links / 4 + row * width + own.length] = added;
      return;
    }
    widen(row, query);
    chooseLinks(row, [...own, added].map((other): Scored => [scoreOf(other, query), other]).toSorted(inOrder), width);
  }

  const rowsAt = (rows: number, count: number) => uint32.slice(rows / 4, rows / 4 + count);

  return {
    openGraph(matrix, factors, songs, stride, links, upper, width) {
      graph = { matrix, factors, songs, stride, links, upper, width };
    },
    searchGraph: (top, last, entry, query, excluded, _met, _list, _scores, _queue, heap, limit) =>
      writeHeap(heap, search(top, last, entry, query, excluded, limit)),
    linkRows(rows, count, top, last, entry, query, _met, _list, _scores, _queue, _heap, limit) {
      for (const row of rowsAt(rows, count)) {
        widen(row, query);
        chooseLinks(row, search(top, last, entry, query, 0, limit), graph.width >> 1);
      }
    },
    linkBack(rows, count, part, parts, query) {
      for (const row of rowsAt(rows, count)) {
        for (const other of linksAt(graph.links, row)) if (other % parts === part) addLink(other, row, query);
      }
    },
  };
}

/** Inserts an entry into a sorted list. */
function insert(entries: Scored[], entry: Scored): void {
  const index = entries.findIndex((other) => inOrder(entry, other) < 0);
  entries.splice(index < 0 ? entries.length : index, 0, entry);
}
