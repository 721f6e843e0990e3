import { describe, expect, it } from "vitest";
import { differences } from "./same-output.ts";

const compare = (language: string, code: string, output: string, changing: readonly string[] = [], exact = false) =>
  differences({ line: 1, language, skip: undefined, changing, exact, code }, output);

describe("the comparison of shown and real output", () => {
  it("accepts scores within 1e-3, and dates and job ids of the same kind", () => {
    const shown = '{"score": 0.5, "at": "2026-11-24T11:31:19.729Z", "jobId": "9bd7022d-21bc-445b-919b-71e298478d71"}';
    const output =
      '{"score": 0.5004, "at": "2027-01-01T00:00:00.000Z", "jobId": "00000000-0000-4000-8000-000000000000"}';
    expect(compare("json", shown, output)).toEqual([]);
  });

  it("finds another id, another score, a missing field and a field that is not shown", () => {
    const shown = '{"items": [{"songId": "1", "score": 0.5}], "fallback": null}';
    const output = '{"items": [{"songId": "2", "score": 0.6}], "unknownSongs": []}';
    expect(compare("json", shown, output)).toEqual([
      "$.unknownSongs: not shown",
      '$.items[0].songId: "2" instead of "1"',
      "$.items[0].score: 0.6 instead of 0.5",
      "$.fallback: undefined instead of null",
    ]);
  });

  it("finds items that are missing or not shown, unless an ellipsis stands for them", () => {
    expect(compare("json", "[1, 2]", "[1]")).toEqual(["$: 1 items instead of 2"]);
    expect(compare("json", "[1]", "[1, 2]")).toEqual(["$: 2 items instead of 1"]);
    expect(compare("json", '[1, "…"]', "[1, 2]")).toEqual([]);
    expect(compare("json", '{"a": 1, "…": "…"}', '{"a": 1, "b": 2}')).toEqual([]);
  });

  it("compares fields that change by kind", () => {
    expect(compare("json", '{"version": 1}', '{"version": 2}', ["version"])).toEqual([]);
    expect(compare("json", '{"version": 1}', '{"version": null}', ["version"])).not.toEqual([]);
  });

  it("compares the words of a text, not its numbers", () => {
    expect(compare("text", "epoch 1  loss 6.9\n…\ndone", "epoch 1 loss 7.2\nepoch 2 loss 6\ndone\n")).toEqual([]);
    expect(compare("text", "epoch 1  loss 6.9", "epoch 1 error 6.9")).toHaveLength(1);
    expect(compare("text", "200\n429", "200\n200\n", [], true)).toHaveLength(1);
    expect(compare("text", "200\n429", "200\n429\n", [], true)).toEqual([]);
  });
});
