import { fork } from "node:child_process";
import { z } from "zod";
import { hyperparametersSchema } from "../../../src/word2vec/hyperparameters.ts";

export const forkedTaskSchema = z.object({
  plays: z.string().describe("As plays-file.ts writes it"),
  hyperparameters: hyperparametersSchema,
  folder: z.string().optional().describe("Where vectors.ts finds the vectors afterwards"),
});
type ForkedTask = z.infer<typeof forkedTaskSchema>;

const forkedResultSchema = z.object({
  seconds: z
    .number()
    .describe("Of the epochs: without laying out memory, drawing the first vectors and starting threads"),
  cpuSeconds: z.number().describe("Of all threads, with starting them"),
  songsPerSecond: z.number(),
  loss: z.number().nullable().describe("Of the last epoch; null where it is not finite"),
  kernel: z.string(),
});
export type ForkedResult = z.infer<typeof forkedResultSchema>;

/** Trains in a child process, with the Node options of the service's trainer (training/process/child.ts). */
export function trainInFork(task: ForkedTask): Promise<ForkedResult> {
  return new Promise((resolve, reject) => {
    let result: ForkedResult | undefined;
    const child = fork(new URL("train-child.ts", import.meta.url), {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.once("message", (message) => {
      result = forkedResultSchema.parse(message);
    });
    child.once("error", reject);
    child.once("close", (code, signal) =>
      result && code === 0 ? resolve(result) : reject(new Error(`the training ended with ${code ?? signal}`)),
    );
    child.send(task);
  });
}
