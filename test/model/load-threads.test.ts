import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { four, publishedModel } from './small-models.ts';

describe('a model that a thread loads', () => {
  it('is the same as one that this thread loads, with exact vectors or without', async () => {
    const { versions } = await publishedModel();
    for (const exact of [true, false]) {
      const [here, there] = [await versions.load(1, { thread: false, exact }), await versions.load(1, { thread: true, exact })];
      expect([...there.songs]).toEqual([...here.songs]);
      expect([...there.rows]).toEqual([['a', 0], ['b', 1], ['c', 2], ['d', 3]]);
      expect(Buffer.from(there.memory.buffer).equals(Buffer.from(here.memory.buffer))).toBe(true);
      expect(there.input === null).toBe(!exact);
      expect({ ...there.manifest, hasTree: there.hasTree }).toEqual({ ...here.manifest, hasTree: here.hasTree });
    }
  });

  it('is refused with the file named where it is damaged', async () => {
    for (const file of ['songs.jsonl', 'vectors.safetensors']) {
      const { versions, folder } = await publishedModel(four);
      const bytes = await readFile(join(folder, '1', file));
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
      await writeFile(join(folder, '1', file), bytes);
      await expect(versions.load(1, { thread: true })).rejects.toMatchObject({ code: 'MODEL_DAMAGED', params: { file: `models/1/${file}`, reason: 'its checksum does not match' } });
    }
  });

  it('can be given up', async () => {
    const { versions } = await publishedModel();
    const controller = new AbortController();
    const loading = versions.load(1, { thread: true, signal: controller.signal });
    controller.abort(new Error('no longer wanted'));
    await expect(loading).rejects.toThrow('no longer wanted');
  });
});

describe('the rows of ids', () => {
  it('are found for every id and for nothing else, whatever the ids', async () => {
    const ids = ['__proto__', 'constructor', '"', '\\', '\u2028', '\uD800', '노래', ' ', 'a', 'aa', ...Array.from({ length: 3000 }, (_, i) => `${i}`)];
    const { versions } = await publishedModel({ songs: ids.map((id) => ({ id, count: 1 })), input: ids.map(() => [1]) });
    const { rows } = await versions.load(1);
    expect(ids.map((id) => rows.get(id))).toEqual(ids.map((_, row) => row));
    for (const id of ['', 'b', '3000', '00', 'toString', '\uD801', '1 ']) expect(rows.get(id)).toBeUndefined();
  });
});
