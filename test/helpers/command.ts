import { vi } from "vitest";
import { main } from "../../src/commands/main.ts";

/** Runs a command in this process, to save the start of another one. */
export async function callCommand(args: readonly string[]) {
  const written = { output: "", errors: "" };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((written.output += String(text)), true)),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => ((written.errors += String(text)), true)),
  ];
  process.exitCode = 0;
  await main(["node", "song2vec", ...args]);
  for (const spy of spies) spy.mockRestore();
  const code = Number(process.exitCode);
  process.exitCode = undefined;
  return { ...written, code };
}
