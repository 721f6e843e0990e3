import fc from "fast-check";
import { expect, it } from "vitest";
import { createPopularity } from "../../../src/recommend/ensemble/popularity.ts";

it("the percentile of a song is the percentage of songs with as many plays or fewer", () => {
  const falling = fc
    .array(fc.nat(5), { minLength: 1, maxLength: 40 })
    .map((counts) => Uint32Array.from(counts.toSorted((a, b) => b - a)));
  fc.assert(
    fc.property(falling, (counts) => {
      const { percentile, share } = createPopularity(counts);
      for (const [row, count] of counts.entries()) {
        const less = counts.filter((other) => other <= count).length;
        expect(percentile(row)).toBeCloseTo((100 * less) / counts.length, 2);
        expect(share(row)).toBeCloseTo(
          count /
            Math.max(
              1,
              counts.reduce((sum, each) => sum + each, 0),
            ),
          10,
        );
      }
      expect(percentile(0)).toBe(100);
    }),
  );
});
