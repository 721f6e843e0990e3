import { describe, expect, it } from "vitest";
import { resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { compile } from "../../../src/word2vec/kernel/compile.ts";
import { createKernel, type Kernel, type KernelVariant } from "../../../src/word2vec/kernel/kernel.ts";
import { float32View } from "../../../src/word2vec/kernel/layout.ts";
import { chooseKernel } from "../../../src/word2vec/kernel/self-test.ts";

const objective = resolveHyperparameters("article");

describe("choosing a kernel", () => {
  it("chooses 256-bit code or relaxed SIMD, with the reason for rejecting the other", async () => {
    const { variant, rejected } = await chooseKernel(objective);
    if (variant === "simd-256") expect(rejected).toEqual([]);
    else
      expect({ variant, rejected }).toEqual({
        variant: "relaxed-simd",
        rejected: [{ variant: "simd-256", reason: expect.stringMatching(/times as fast/) }],
      });
  });

  it("makes the same choice each time, because kernels round differently and a seed must be reproducible", async () => {
    const chosen = new Set<KernelVariant>();
    for (let i = 0; i < 10; i++)
      chosen.add((await chooseKernel(resolveHyperparameters("article", { hs: i % 2 === 0, sample: 1e-9 }))).variant);
    expect([...chosen]).toEqual([(await chooseKernel(objective)).variant]);
  });
});

/** Kernels with a side effect on each call of `train`. */
function withSideEffect(also: Partial<Record<KernelVariant, (vectors: Float32Array) => void>>): typeof createKernel {
  return async (variant, memory, layout, hyperparameters, worker) => {
    const kernel = await createKernel(variant, memory, layout, hyperparameters, worker);
    const vectors = float32View(memory, layout.input, 2 * layout.songs * layout.stride);
    const train: Kernel["train"] = (...playlists) => {
      kernel.train(...playlists);
      also[variant]?.(vectors);
    };
    return { ...kernel, train };
  };
}

describe("a kernel", () => {
  const write = (value: number) => (vectors: Float32Array) => {
    vectors[vectors.length - 1] = value;
  };

  it.each([
    ["one component off by a thousandth", 1e-3],
    ["one that is not a number", Number.NaN],
  ])("with %s is rejected with the difference, and plain SIMD trains", async (_, value) => {
    const wrong = write(value);
    const reason = expect.stringMatching(/^differs from plain SIMD by (0\.00\d+|Infinity)$/);
    expect(
      await chooseKernel(objective, undefined, withSideEffect({ "simd-256": wrong, "relaxed-simd": wrong })),
    ).toEqual({
      variant: "simd",
      rejected: [
        { variant: "simd-256", reason },
        { variant: "relaxed-simd", reason },
      ],
    });
  });

  it("that the runtime cannot compile is rejected with the message", async () => {
    const create: typeof createKernel = (variant, ...training) =>
      variant === "simd"
        ? createKernel(variant, ...training)
        : Promise.reject(new WebAssembly.CompileError(`no ${variant}`));
    expect(await chooseKernel(objective, undefined, create)).toEqual({
      variant: "simd",
      rejected: [
        { variant: "simd-256", reason: "no simd-256" },
        { variant: "relaxed-simd", reason: "no relaxed-simd" },
      ],
    });
  });

  it("of 256 bits that is slower than the next is rejected with the ratio", async () => {
    const wait = () => {
      for (const end = performance.now() + 20; performance.now() < end;);
    };
    expect(await chooseKernel(objective, undefined, withSideEffect({ "simd-256": wait }))).toEqual({
      variant: "relaxed-simd",
      rejected: [{ variant: "simd-256", reason: expect.stringMatching(/^0\.\d\d times as fast as relaxed-simd$/) }],
    });
  });

  it("that has not been built fails with the command that builds it", async () => {
    await expect(compile(new URL("./missing.wasm", import.meta.url))).rejects.toThrow(
      /missing\.wasm not found\. Build it with "npm run build"\.$/,
    );
    const create = () => compile(new URL("./missing.wasm", import.meta.url)).then(() => Promise.reject(new Error()));
    await expect(chooseKernel(objective, undefined, create)).rejects.toThrow("not found");
  });
});
