import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { childrenOf } from "../../helpers/process.ts";
import { createTrainedService } from "../../helpers/service.ts";

const after = (path: string) => readFileSync(path, "utf8").split(") ").at(-1)?.split(" ") ?? [];

it.skipIf(process.platform !== "linux")(
  "while a model serves, every thread of the trainer lets others go first, those of V8 too",
  async () => {
    const { app, service, close } = await createTrainedService();
    const { jobId } = (
      await app.inject({
        method: "POST",
        url: "/v1/training-jobs",
        payload: { hyperparameters: { epochs: 5000 }, activate: "never" },
      })
    ).json();
    await expect
      .poll(() => service.queue.list().find((job) => job.jobId === jobId)?.epochs.length ?? 0, { timeout: 30_000 })
      .toBeGreaterThan(0);
    const [pid] = childrenOf(process.pid);
    const nice = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(after(`/proc/${pid}/task/${thread}/stat`)[16]),
    );
    await app.inject({ method: "DELETE", url: `/v1/training-jobs/${jobId}` });
    await close();
    expect(nice.length).toBeGreaterThan(4);
    expect(new Set(nice)).toEqual(new Set([19]));
  },
);
