import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { withReadTimeout } from "../../src/http/read-timeout.ts";

async function* chunks(count: number, size: number, produced: { count: number; ended?: boolean }) {
  try {
    for (; produced.count < count; produced.count++) yield Buffer.alloc(size, "x");
  } finally {
    produced.ended = true;
  }
}

describe("a stream with a read timeout", () => {
  it("delivers every chunk to a consumer that reads", async () => {
    expect(await text(withReadTimeout(chunks(50, 1000, { count: 0 }), 60_000))).toHaveLength(50_000);
  });

  it("is destroyed without a read, produces few chunks ahead, and ends its source", async () => {
    const produced = { count: 0, ended: false };
    const stream = withReadTimeout(chunks(1000, 100_000, produced), 30);
    stream.read(0);
    const [error] = await once(stream, "error");
    expect(error.message).toBe("No read for 30 ms.");
    expect(produced.count).toBeLessThan(6);
    await expect.poll(() => produced.ended).toBe(true);
  });
});
