import { describe, expect, it } from "vitest";
import { createError } from "../../src/errors.ts";
import { importPlaylists } from "../../src/http/playlist-import.ts";

const line = (playlistId: string) => `${JSON.stringify({ playlistId, songs: ["1"] })}\n`;
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(`list ${i}`)).join("");
const full = createError("STORAGE_FULL");
const broken = new Error("connection reset");

/**
 * Imports chunks; an error ends them.
 * @param batches number of batches that the store accepts before it fails
 */
async function run(chunks: readonly (string | Error)[], batches = Number.POSITIVE_INFINITY, failure: Error = full) {
  const logged: unknown[] = [];
  async function* source() {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield Buffer.from(chunk);
    }
  }
  const store = {
    async putAll() {
      if (batches-- <= 0) throw failure;
    },
  };
  const result: unknown[] = [];
  for await (const each of importPlaylists(source(), store, 0, (error) => logged.push(error))) result.push(each);
  return { result, logged };
}

const invalid = { line: 1, error: { code: "MALFORMED_JSON", detail: expect.any(String) } };
const end = (lines: number, stored: number, failed: number, code: string) => ({
  done: false,
  lines,
  stored,
  failed,
  error: { code, detail: expect.any(String) },
});

describe("an import that fails", () => {
  it.each([
    ["a full disk after a bad first line", [`broken\n${line("a")}`], 0, [invalid, end(2, 0, 1, "STORAGE_FULL")]],
    [
      "a full disk after the first batch",
      [lines(1500)],
      1,
      [{ acknowledged: 1000 }, end(1500, 1000, 0, "STORAGE_FULL")],
    ],
    [
      "a full disk after a batch and a bad line",
      [lines(1000), `x\n${line("a")}`],
      1,
      [{ ...invalid, line: 1001 }, { acknowledged: 1000 }, end(1002, 1000, 1, "STORAGE_FULL")],
    ],
    [
      "a timeout after a batch",
      [lines(2500), createError("REQUEST_TIMEOUT")],
      9,
      [{ acknowledged: 1000 }, { acknowledged: 2000 }, end(2500, 2000, 0, "REQUEST_TIMEOUT")],
    ],
  ])("with %s ends with what was stored and why it ended", async (_, chunks, batches, expected) => {
    expect((await run(chunks, batches)).result).toEqual(expected);
  });

  it("for a reason that is not known says so, and passes the error on", async () => {
    const { result, logged } = await run([`broken\n${line("a")}`], 0, broken);
    expect(result).toEqual([invalid, end(2, 0, 1, "INTERNAL")]);
    expect(JSON.stringify(result)).not.toContain("reset");
    expect(logged).toEqual([broken]);
  });

  it("before the first line of the result throws", async () => {
    await expect(run([line("a")], 0)).rejects.toBe(full);
    await expect(run([broken])).rejects.toBe(broken);
  });

  it("after too many invalid lines says so", async () => {
    const { result } = await run(["x\n".repeat(20_000)]);
    expect(result.at(-1)).toEqual(end(11_000, 0, 11_000, "VALIDATION_FAILED"));
  });
});
