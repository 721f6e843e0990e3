import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { patientStream } from "../../src/http/patient-stream.ts";

async function* chunks(count: number, size: number, made: { count: number; ended?: boolean }) {
  try {
    for (; made.count < count; made.count++) yield Buffer.alloc(size, "x");
  } finally {
    made.ended = true;
  }
}

describe("a patient stream", () => {
  it("gives all that is taken", async () => {
    expect(await text(patientStream(chunks(50, 1000, { count: 0 }), 60_000))).toHaveLength(50_000);
  });

  it("ends where nothing is taken, makes little ahead, and lets what it read from go", async () => {
    const made = { count: 0, ended: false };
    const stream = patientStream(chunks(1000, 100_000, made), 30);
    stream.read(0);
    const [error] = await once(stream, "error");
    expect(error.message).toBe("nothing was taken for 30 ms");
    expect(made.count).toBeLessThan(6);
    await expect.poll(() => made.ended).toBe(true);
  });
});
