export type Row = Readonly<Record<string, string>>;

/** Prints rows as a Markdown table; the columns are those of the first row. */
export function printTable(rows: readonly Row[]): void {
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0] ?? {}).map((name) => {
    const cells = rows.map((row) => row[name] ?? "");
    const right = cells.every((cell) => /^[-\d,.]*$/.test(cell));
    const width = Math.max(name.length, ...cells.map((cell) => cell.length));
    return { name, cells, right, width };
  });
  const pad = (text: string, { right, width }: (typeof columns)[number]) =>
    right ? text.padStart(width) : text.padEnd(width);
  const line = (cellOf: (column: (typeof columns)[number]) => string) =>
    console.log(`| ${columns.map((column) => pad(cellOf(column), column)).join(" | ")} |`);
  line(({ name }) => name);
  line(({ right, width }) => (right ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  for (const at of rows.keys()) line(({ cells }) => cells[at] ?? "");
}

/** A number with fixed decimals; an empty cell for undefined. */
export function cell(value: number | undefined, decimals = 0): string {
  return value === undefined
    ? ""
    : value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
