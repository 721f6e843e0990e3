import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { playlistsOf, readText } from "../reading.ts";

const rows = [
  ["1", "101"],
  ["1", "102"],
  ["1.0", "103.0"],
  ["2", "0201"],
  ["2", "202"],
  ["2", "203"],
] as const;
const quoted = rows.map((row) => row.map((cell) => `"${cell}"`));
const names = "Category,master_number";

/** The rows as text. */
function table(header: string, toLine: (row: readonly string[], at: number) => string, end = "\n"): string {
  return [header, ...rows.map(toLine)].map((line) => line + end).join("");
}
const csv = table(names, (row) => row.join(","));

describe("an export", () => {
  it.each<[string, string | Buffer, number?]>([
    ["of R with row names", table('"Category","master_number"', ([list, song], i) => `"${i + 1}",${list},${song}`)],
    ["of R, tab-separated", table('"Category"\t"master_number"', ([list, song], i) => `"${i + 1}"\t${list}\t${song}`)],
    ["with a delimiter at the end of each row", table(names, (row) => `${row.join(",")},`)],
    ["with delimiters at the end of the header", table(`${names},,`, (row) => row.join(","))],
    ["of a spreadsheet with empty rows", `,\n${csv}${",\n".repeat(500)}  \n`],
    ["of psql", table(" Category | master_number \n----------+------", (row) => ` ${row.join(" | ")} `)],
    [
      "of mysql",
      `${table("+---+---+\n| Category | master_number |\n+---+---+", (row) => `| ${row.join(" | ")} |`)}+---+---+\n`,
    ],
    ["in Markdown", table("| Category | master_number |\n|---|---|", (row) => `| ${row.join(" | ")} |`)],
    ["of Hive", table("Category\u0001master_number", (row) => row.join("\u0001"))],
    ["of pandas, quoted", table('"","Category","master_number"', (_, i) => `"${i}",${quoted[i]?.join(",")}`)],
    ["with carriage returns only", table(names, (row) => row.join(","), "\r")],
    ["joined with byte order marks", `\uFEFF${csv}\uFEFF${names}\n`, 1],
    ["joined with byte order marks and quotes", `\uFEFF${csv}\uFEFF"Category","master_number"\n`, 1],
    ["joined with other orders of columns", `${csv.slice(0, -6)}master_number,x,Category\n203,,2\n`, 1],
    ["joined as gzip", Buffer.concat([gzipSync(csv.slice(0, -6)), gzipSync(`${names}\n2,203\n`)]), 1],
  ])("%s is read", async (_, content, headers = 0) => {
    const { report, ...corpus } = await readText(content);
    expect(playlistsOf({ report, ...corpus })).toEqual([
      ["101", "102", "103"],
      ["201", "202", "203"],
    ]);
    expect(report.dropped).toMatchObject(headers === 0 ? [] : [{ reason: "repeatedHeader", count: headers }]);
    expect(report.rows).toBe(rows.length + headers);
  });

  it.each([
    ["cells beyond an unquoted header", `${names}\n1,101,x\n2,102,y\n`, "3 cells, the header has 2"],
    ["cells that are no row names", '"Category","master_number"\n1,101,x\n1,102,y\n', "3 cells, the header has 2"],
    ["another separator", `${csv}${csv.replaceAll(",", ";")}`, "1 cells, the header has 2"],
    ["one column", "Category^master_number\n1^101\n", "A first line sep=^ names another separator"],
  ])("with %s is refused", (_, content, reason) => expect(readText(content)).rejects.toThrow(reason));
});
