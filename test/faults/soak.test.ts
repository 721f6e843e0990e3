import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { full, report } from "../helpers/built-service.ts";

const soak = fileURLToPath(new URL("../bench/serving/soak.ts", import.meta.url));
const minutes = full ? "30" : "2";
const options = full ? ["--every", "3"] : ["--every", "0.3", "--hold-out", "100"];

it(
  "for half an hour, two minutes in the short form, at half of the maximum load with one retrain after the other no request fails, and memory stays",
  async () => {
    const child = spawn(process.execPath, [soak, "--minutes", minutes, ...options], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    for await (const chunk of child.stdout) output += chunk;
    const [summary = output] = output.split("\n").filter((line) => line.includes(" failed, "));
    const [, failed, refused, growth] = /^(\d+) failed, ([\d,]+) refused; .*third: ([\d.]+)$/.exec(summary) ?? [];
    report(11, { minutes, summary });
    expect(failed).toBe("0");
    if (full) expect([refused, Number(growth) <= 1.05]).toEqual(["0", true]);
    else expect(Number(growth)).toBeLessThan(1.3);
  },
  full ? 2_400_000 : 480_000,
);
