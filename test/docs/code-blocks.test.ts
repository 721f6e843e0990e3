import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBlocks, stepsOf } from "./blocks.ts";
import { differences } from "./same-output.ts";
import { openSession, type Session } from "./session.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The guides in the order in which their models build on each other: README trains the sample that all of them use. */
const guides = globSync("docs/guides/*.md", { cwd: root }).toSorted();
const terminals: readonly (readonly string[])[] = [["README.md", ...guides], ["docs/tutorial.md"]];

/** What the pages show and this test cannot run. */
const notRun = ["docker", "proxy", "gensim", "jq", "your-files", "install", "long"];

describe.each(terminals)("%s", (...pages) => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession();
  });
  afterAll(() => session.close());

  it.each(pages)("every command of %s works, with the output that is shown", async (page) => {
    if (page.startsWith("docs/guides/")) await session.run("npm start");
    const problems: string[] = [];
    for (const { line, skip, code, output: shown } of stepsOf(readBlocks(join(root, page)))) {
      if (skip !== undefined) continue;
      const { code: exitCode, output, errors } = await session.run(code);
      if (exitCode !== 0) problems.push(`${page}:${line}: exit code ${exitCode}: ${errors}${output}`);
      else if (shown)
        for (const difference of differences(shown, shown.language === "text" ? `${output}${errors}` : output))
          problems.push(`${page}:${shown.line}: ${difference}`);
    }
    expect(problems).toEqual([]);
  });
});

it("says why a command is not run", () => {
  const skipped = terminals
    .flat()
    .flatMap((page) =>
      stepsOf(readBlocks(join(root, page))).flatMap(({ line, skip }) =>
        skip === undefined ? [] : [{ skip, at: `${basename(page)}:${line}` }],
      ),
    );
  const byReason = Map.groupBy(skipped, ({ skip }) => skip);
  for (const [reason, blocks] of byReason)
    console.log(`${blocks.length} not run, ${reason}: ${blocks.map(({ at }) => at).join(", ")}`);
  expect([...byReason.keys()].filter((reason) => !notRun.includes(reason))).toEqual([]);
});
