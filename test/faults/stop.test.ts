import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { startBuiltService } from "../helpers/built-service.ts";
import { isFull, report, timeLimit } from "../helpers/fault-form.ts";
import { request, requestServed } from "../helpers/http.ts";
import { waitFor } from "../helpers/process.ts";

const refused = (error: unknown) => error instanceof Error && "code" in error && error.code === "ECONNREFUSED";

describe("row 13: SIGTERM under load", () => {
  it("aborts no request: readiness fails first, then connections close after their responses", async () => {
    const clients = 32;
    const service = await startBuiltService({
      model: { songs: 5000, vectorSize: 16 },
      environment: { DRAIN_SECONDS: "1" },
    });
    const { port, child, ended } = service;
    const statuses: Record<string, number> = {};
    const broken: unknown[] = [];
    let notReady = Number.NaN;
    let stopped = false;

    /** Like a proxy: keeps connections alive until the health check fails. */
    async function client(): Promise<void> {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!stopped) {
        try {
          const { status } = await request(port, "/v1/songs/1/similar", { agent });
          statuses[status] = (statuses[status] ?? 0) + 1;
        } catch (error) {
          if (!refused(error)) broken.push(error);
        }
      }
      agent.destroy();
    }
    async function health(): Promise<void> {
      for (;;) {
        const { status, json } = await request(port, "/health/ready");
        if (status === 503) {
          expect(json.code).toBe("STOPPING");
          notReady = performance.now() - signalledAt;
          break;
        }
      }
      expect((await request(port, "/health/live")).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 300));
      stopped = true;
    }

    const running = Array.from({ length: clients }, client);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const signalledAt = performance.now();
    child.kill("SIGTERM");
    await health();
    await Promise.all(running);
    const code = await ended;
    const seconds = (performance.now() - signalledAt) / 1000;
    report(13, {
      clients,
      responses: statuses[200] ?? 0,
      "cut off": broken.length,
      "not ready after ms": notReady,
      "ended after s": seconds,
    });
    expect(broken).toEqual([]);
    // Possible overload on a busy machine.
    expect(Object.keys(statuses).filter((status) => status !== "200" && (isFull || status !== "503"))).toEqual([]);
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(10);
  });

  it("cancels the running training, and exits within 10 s even if a client never finishes", async () => {
    const service = await startBuiltService({ environment: { DRAIN_SECONDS: "0", REQUEST_SECONDS: "60" } });
    const { port, child, ended } = service;
    expect(
      (await requestServed(port, "/v1/training-jobs", { json: { hyperparameters: { epochs: 10_000 } } })).status,
    ).toBe(202);
    await waitFor(service, /"msg":"training started/);
    const stuck = request(port, "/v1/recommendations", {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": "100" },
      body: "{",
    }).catch((error: unknown) => error);
    await waitFor(service, /epoch finished/);
    const signalledAt = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    expect(await stuck).toBeInstanceOf(Error);
  });
});

describe("row 27: an uncaught error", () => {
  it.each([
    ["thrown in a timer", 'setTimeout(() => { throw new Error("out of the blue") })'],
    ["of a promise that nobody waits for", 'void Promise.reject(new Error("out of the blue"))'],
  ])("%s is logged, and exits with a code other than 0", async (_, fault) => {
    const service = await startBuiltService({
      options: [
        "--import",
        `data:text/javascript,${encodeURIComponent(`process.once('SIGWINCH', () => { ${fault}; })`)}`,
      ],
    });
    const signalledAt = performance.now();
    service.child.kill("SIGWINCH");
    expect(await service.ended).toBe(1);
    const milliseconds = performance.now() - signalledAt;
    report(27, { "ended after ms": milliseconds });
    expect(milliseconds).toBeLessThan(timeLimit(1000));
    const line =
      service
        .output()
        .split("\n")
        .find((text) => text.includes("uncaught error")) ?? "{}";
    expect(JSON.parse(line)).toMatchObject({
      level: 60,
      err: { message: "out of the blue", stack: expect.stringContaining("at ") },
    });
  });
});
