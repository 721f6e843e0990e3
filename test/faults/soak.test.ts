import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { full, report } from "../helpers/figures.ts";

const soak = fileURLToPath(new URL("../bench/serving/soak.ts", import.meta.url));

it.skipIf(!full)(
  "for half an hour at half of the maximum load, with one retrain after the other, no request fails or is refused, and memory stays (FAULTS=full; the short forms are those of row 11)",
  async () => {
    const child = spawn(process.execPath, [soak, "--minutes", "30", "--every", "3"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    for await (const chunk of child.stdout) output += chunk;
    const [summary = output] = output.split("\n").filter((line) => line.includes(" failed, "));
    const [, failed, refused, growth] = /^(\d+) failed, ([\d,]+) refused; .*third: ([\d.]+)$/.exec(summary) ?? [];
    report(11, { summary });
    expect([failed, refused]).toEqual(["0", "0"]);
    expect(Number(growth)).toBeLessThan(1.05);
  },
  2_400_000,
);
