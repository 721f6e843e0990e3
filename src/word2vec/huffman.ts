/**
 * A Huffman tree over V songs. Its V − 1 inner nodes are numbered in ascending order of their counts; the root is last.
 */
export interface HuffmanTree {
  /**
   * Parent of each song and, from V on, of each inner node, as the number of an inner node; 0 for the root [2V − 1].
   */
  readonly parents: Uint32Array;
  /** Branch from the parent to the node, 0 or 1 [2V − 1]. */
  readonly bits: Uint8Array;
}

/** The paths of a Huffman tree from the root to the songs. */
export interface Huffman {
  /** Start of each song's path in `nodes`, and the end [V + 1]. */
  readonly paths: Uint32Array;
  /** The inner nodes (0 … V − 2) from the root to each song, each as node × 2 + branch. */
  readonly nodes: Uint32Array;
}

/**
 * Huffman tree of the play counts for hierarchical softmax (Morin and Bengio 2005; Mikolov et al. 2013). Merges two
 * queues that are already sorted: the songs from the least played on, and the inner nodes in order of creation.
 * @param counts [V] plays of each song, from the most played to the least; V ≥ 2
 */
export function buildTree(counts: Uint32Array): HuffmanTree {
  const songs = counts.length;
  const inner = songs - 1;
  const weights = new Float64Array(inner);
  const parents = new Uint32Array(songs + inner);
  const bits = new Uint8Array(songs + inner);
  let leaf = songs - 1;
  let oldest = 0;
  for (let node = 0; node < inner; node++) {
    for (let bit = 0; bit < 2; bit++) {
      const takeLeaf = leaf >= 0 && (oldest >= node || (counts[leaf] as number) <= (weights[oldest] as number));
      const child = takeLeaf ? leaf : songs + oldest;
      weights[node] =
        (weights[node] as number) + (takeLeaf ? (counts[leaf--] as number) : (weights[oldest++] as number));
      parents[child] = node;
      bits[child] = bit;
    }
  }
  return { parents, bits };
}

export function buildHuffman(counts: Uint32Array): Huffman {
  const { parents, bits } = buildTree(counts);
  const songs = counts.length;
  const root = songs - 2;
  const depths = new Uint8Array(songs - 1);
  for (let node = root - 1; node >= 0; node--) depths[node] = (depths[parents[songs + node] as number] as number) + 1;
  const paths = new Uint32Array(songs + 1);
  for (let song = 0; song < songs; song++)
    paths[song + 1] = (paths[song] as number) + (depths[parents[song] as number] as number) + 1;

  const nodes = new Uint32Array(paths[songs] as number);
  for (let song = 0; song < songs; song++) {
    let at = paths[song + 1] as number;
    for (let child = song; child !== songs + root; child = songs + (parents[child] as number))
      nodes[--at] = (parents[child] as number) * 2 + (bits[child] as number);
  }
  return { paths, nodes };
}
