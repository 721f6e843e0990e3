import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestService, playlistsCsv, type TestService } from "../../helpers/service.ts";

let test: TestService;
let url: string;

beforeAll(async () => {
  test = await createTestService(playlistsCsv(), { PRESET: "article" });
  test.service.queue.start();
  url = await test.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => test.close());

const start = async (hyperparameters: object, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ hyperparameters: { vectorSize: 8, ...hyperparameters } }),
  });
const open = (jobId: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/training-jobs/${jobId}/events`, { headers });

function parse(text: string): { id: string; event: string; data: { state?: string; epoch?: number } }[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("id: "))
    .map((block) => {
      const [, id = "", event = "", data = ""] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return { id, event, data: JSON.parse(data) };
    });
}

it("a job is followed to its end, and again from any event", async () => {
  const { jobId } = await (await start({ epochs: 4 })).json();
  const response = await open(jobId);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const events = parse(await response.text());
  expect(events[0]).toMatchObject({ event: "job" });
  expect(events.filter(({ event }) => event === "epoch").map(({ data }) => data.epoch)).toEqual([1, 2, 3, 4]);
  expect(events.at(-1)).toMatchObject({ event: "end", data: { state: "succeeded" } });
  const seen = events.findIndex(({ event, data }) => event === "epoch" && data.epoch === 2);
  const rest = parse(await (await open(jobId, { "last-event-id": events[seen]?.id ?? "" })).text());
  expect(rest).toEqual(events.slice(seen + 1));
});

it("there are none of a job that is not there", async () => {
  expect((await open("00000000-0000-0000-0000-000000000000")).status).toBe(404);
});

it("one key makes one job", async () => {
  const key = { "idempotency-key": "nightly 2026-11-24" };
  const [first, second] = await Promise.all([start({ epochs: 1 }, key), start({ epochs: 1 }, key)]);
  const { jobId } = await first.json();
  expect(await second.json()).toMatchObject({ jobId });
  expect(await (await start({ epochs: 2 }, key)).json()).toMatchObject({ status: 422, code: "IDEMPOTENCY_KEY_REUSED" });
  await test.service.queue.ended(jobId);
});

it("a training that hangs fails after its deadline", async () => {
  const response = await fetch(`${url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hyperparameters: { epochs: 10_000 }, deadlineSeconds: 0.5 }),
  });
  const { jobId } = await response.json();
  const events = parse(await (await open(jobId)).text());
  expect(events.at(-1)).toMatchObject({
    event: "end",
    data: { state: "failed", error: { code: "TRAINING_DEADLINE" } },
  });
});
