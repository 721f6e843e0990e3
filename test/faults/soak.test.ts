import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { isFull, report } from "../helpers/fault-form.ts";

const soak = fileURLToPath(new URL("../bench/serving/soak.ts", import.meta.url));

it.skipIf(!isFull)(
  "for 30 minutes at half of the maximum load with retrains no request fails, and memory stays constant (FAULTS=full)",
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
