/** A Markdown table; cells keep their Markdown, but for what would end them. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("\n", " ").replaceAll("|", "\\|");
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** First letter in upper case, unless it begins a value ("true: …"); one full stop at the end. */
export function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, "");
  const first = /^[\w-]+:/.test(trimmed) ? trimmed.charAt(0) : trimmed.charAt(0).toUpperCase();
  return trimmed === "" ? "" : `${first}${trimmed.slice(1)}.`;
}

/** Text of a terminal or a schema that Markdown would take for markup. */
export function plain(text: string): string {
  return text.replaceAll(/<([\w.-]+)>/g, "`<$1>`");
}
