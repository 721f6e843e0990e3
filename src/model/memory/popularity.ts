/** How popular songs are, in shared memory. */
export interface SongPopularity {
  /** [V] Number of playlists that contain each song; plays for a model without playlists */
  readonly counts: Uint32Array;
  /** [V] Rows, the most popular first; equal ones ascending */
  readonly order: Uint32Array;
}

export function rankByPopularity(counts: Uint32Array): SongPopularity {
  const order = new Uint32Array(new SharedArrayBuffer(4 * counts.length));
  for (let row = 0; row < order.length; row++) order[row] = row;
  order.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  return { counts, order };
}
