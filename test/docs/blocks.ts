import { readFileSync } from "node:fs";

/** A fenced code block of a page. */
export interface CodeBlock {
  /** The first line of its code, from 1. */
  readonly line: number;
  readonly language: string;
  /** Why it is not run: `skip=docker` in the info string. */
  readonly skip: string | undefined;
  /** Fields whose values are compared by kind alone: `changing=modelVersion,version`. */
  readonly changing: readonly string[];
  /** Whether a text has to have the same numbers: `text exact`. */
  readonly exact: boolean;
  readonly code: string;
}

/** A command of a page, with what the page shows as its output. */
export interface Step extends CodeBlock {
  readonly output: CodeBlock | undefined;
}

export function readBlocks(file: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = readFileSync(file, "utf8").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", info = ""] = /^( *)```(\S.*)$/.exec(lines[at] ?? "") ?? [];
    if (info === "") continue;
    const end = lines.findIndex((line, i) => i > at && line.trim() === "```");
    if (end < 0) throw new Error(`${file}, line ${at + 1}: the code block has no end`);
    const [language = "", ...flags] = info.split(" ");
    const flag = (name: string) => flags.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    blocks.push({
      line: at + 2,
      language,
      skip: flag("skip"),
      changing: flag("changing")?.split(",") ?? [],
      exact: flags.includes("exact"),
      code: lines
        .slice(at + 1, end)
        .map((line) => line.slice(indent.length))
        .join("\n"),
    });
    at = end;
  }
  return blocks;
}

/** The commands of a page in their order; a block of JSON or text right behind a command is its output. */
export function stepsOf(blocks: readonly CodeBlock[]): Step[] {
  return blocks.flatMap((block, i) => {
    if (block.language !== "sh") return [];
    const next = blocks[i + 1];
    const isOutput = next !== undefined && ["json", "jsonl", "text"].includes(next.language) && next.skip === undefined;
    return [{ ...block, output: isOutput ? next : undefined }];
  });
}
