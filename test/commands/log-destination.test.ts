import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { byTurns } from "../../src/commands/log-destination.ts";

function record() {
  const written: string[] = [];
  return {
    written,
    stream: byTurns({
      write: (text) => void written.push(text),
      flush: (done) => void (written.push("flushed"), done?.()),
      flushSync: () => void written.push("flushed at once"),
    }),
  };
}

it("a log gets the lines of each turn of the event loop as one piece, in their order", async () => {
  const { written, stream } = record();
  for (const line of ["1\n", "2\n", "3\n"]) stream.write(line);
  expect(written).toEqual([]);
  await turn();
  stream.write("4\n");
  await turn();
  await turn();
  expect(written).toEqual(["1\n2\n3\n", "4\n"]);
});

it("a log that is flushed has all lines before", async () => {
  const { written, stream } = record();
  stream.write("1\n");
  stream.flush();
  stream.write("2\n");
  stream.flushSync();
  await turn();
  expect(written).toEqual(["1\n", "flushed", "2\n", "flushed at once"]);
});

it.each([
  ["ends", "process.exit(0)"],
  ["has nothing more to do", ""],
  ["fails", 'throw new Error("broken")'],
])("nothing of a log is lost where the process %s", (_, end) => {
  const program = `
    import { destination, pino } from 'pino';
    import { byTurns } from ${JSON.stringify(new URL("../../src/commands/log-destination.ts", import.meta.url).href)};
    const logger = pino({ base: undefined, timestamp: false }, byTurns(destination({ sync: false, minLength: 4096, periodicFlush: 100 })));
    for (let i = 0; i < 1000; i++) logger.info(String(i));
    ${end}`;
  let text = "";
  try {
    text = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    text = String((error as { stdout?: unknown }).stdout);
  }
  const messages = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).msg);
  expect(messages).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)));
});
