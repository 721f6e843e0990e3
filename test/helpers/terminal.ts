import { main, type Running, serverOptions, startExecutable } from "./process.ts";

/** Starts a command in a terminal of 100 columns; `output` includes control sequences. */
export function startInTerminal(args: readonly string[], environment: Readonly<Record<string, string>>): Running {
  const command = [process.execPath, ...serverOptions, main, ...args].map((part) => `'${part}'`).join(" ");
  return startExecutable("script", ["-qefc", `stty cols 100; exec ${command}`, "/dev/null"], {
    TERM: "xterm",
    ...environment,
  });
}

/** The lines that a terminal shows after an output, scrolled ones included. */
export function screenLines(output: string): string[] {
  const lines: string[] = [""];
  let [row, column] = [0, 0];
  const line = () => (lines[row] ??= "");
  for (const [part, parameter, command] of output.replaceAll("\u001B[", "␛").matchAll(/␛([\d;?]*)([A-Za-z])|[^␛]/gu)) {
    if (command === "A") row = Math.max(0, row - Number(parameter || 1));
    else if (command === "G") column = Number(parameter || 1) - 1;
    else if (command === "K") lines[row] = parameter === "2" ? "" : line().slice(0, column);
    else if (command === "J") lines.splice(row, Infinity, line().slice(0, column));
    else if (command !== undefined) continue;
    else if (part === "\r") column = 0;
    else if (part === "\n") row++;
    else lines[row] = line().padEnd(column).slice(0, column) + part + line().slice(++column);
    line();
  }
  return lines.map((text) => text.trimEnd());
}
