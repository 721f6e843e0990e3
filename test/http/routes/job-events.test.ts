import { afterAll, beforeAll, expect, it } from "vitest";
import { request } from "../../helpers/http.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";

let test: TestService;
let port: number;

beforeAll(async () => {
  test = await createTestService(undefined, { PRESET: "article" });
  test.service.queue.start();
  port = Number(new URL(await test.app.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterAll(() => test.close());

const start = (hyperparameters: object, headers: Record<string, string> = {}) =>
  request(port, "/v1/training-jobs", { json: { hyperparameters: { vectorSize: 8, ...hyperparameters } }, headers });
const open = (jobId: string, headers: Record<string, string> = {}) =>
  request(port, `/v1/training-jobs/${jobId}/events`, { headers });

function parse(text: string): { id: string; event: string; data: { state?: string; epoch?: number } }[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("id: "))
    .map((block) => {
      const [, id = "", event = "", data = ""] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return { id, event, data: JSON.parse(data) };
    });
}

it("a stream of events follows a job to its end, and resumes after any event", async () => {
  const { jobId } = (await start({ epochs: 4 })).json;
  const response = await open(jobId);
  expect(response.headers["content-type"]).toBe("text/event-stream");
  const events = parse(response.body);
  expect(events[0]).toMatchObject({ event: "job" });
  expect(events.filter(({ event }) => event === "epoch").map(({ data }) => data.epoch)).toEqual([1, 2, 3, 4]);
  expect(events.at(-1)).toMatchObject({ event: "end", data: { state: "succeeded" } });
  const seen = events.findIndex(({ event, data }) => event === "epoch" && data.epoch === 2);
  const rest = parse((await open(jobId, { "last-event-id": events[seen]?.id ?? "" })).body);
  expect(rest).toEqual(events.slice(seen + 1));
});

it("the events of an unknown job are 404", async () => {
  expect((await open("00000000-0000-0000-0000-000000000000")).status).toBe(404);
});

it("an idempotency key creates one job", async () => {
  const key = { "idempotency-key": "nightly 2026-11-24" };
  const [first, second] = await Promise.all([start({ epochs: 1 }, key), start({ epochs: 1 }, key)]);
  const { jobId } = first.json;
  expect(second.json).toMatchObject({ jobId });
  expect((await start({ epochs: 2 }, key)).json).toMatchObject({ status: 422, code: "IDEMPOTENCY_KEY_REUSED" });
  await test.service.queue.waitForEnd(jobId);
});

it("a training job that hangs fails after its deadline", async () => {
  const { json } = await request(port, "/v1/training-jobs", {
    json: { hyperparameters: { epochs: 10_000 }, deadlineSeconds: 0.5 },
  });
  const events = parse((await open(json.jobId)).body);
  expect(events.at(-1)).toMatchObject({
    event: "end",
    data: { state: "failed", error: { code: "TRAINING_DEADLINE" } },
  });
});
