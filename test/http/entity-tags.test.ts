import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEntityTags } from "../../src/http/entity-tags.ts";

const tag = fc
  .tuple(fc.boolean(), fc.stringMatching(/^[!#-~\x80-\xff]{0,20}$/))
  .map(([isWeak, text]) => `${isWeak ? "W/" : ""}"${text}"`);
const separator = fc.stringMatching(/^[ \t]{0,3},[ \t,]{0,3}$/);

describe("a list of entity tags", () => {
  it("has its tags in order, whatever is in them and between them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(tag, separator), { minLength: 1 }),
        fc.constantFrom("", " ", ",", "\t, "),
        (list, start) => {
          const text = start + list.map(([each, between]) => each + between).join("");
          expect(parseEntityTags(text)).toEqual(list.map(([each]) => each));
        },
      ),
    );
  });

  it("is refused where text stands between the tags, and never takes long", () => {
    fc.assert(
      fc.property(tag, tag, fc.stringMatching(/^[ -~]{0,10}$/), (one, other, between) => {
        fc.pre(!between.includes('"') && !/^[ ,]*,[ ,]*(W\/)?$/.test(between));
        expect(parseEntityTags(`${one}${between}${other}`)).toBeUndefined();
      }),
    );
    for (const text of [" ", ",", '"', '" "', "W/", '"a",'].map((part) => part.repeat(16_000))) {
      const started = performance.now();
      parseEntityTags(text);
      expect(performance.now() - started).toBeLessThan(200);
    }
  });

  it.each([
    ["*", "*"],
    [" * ", "*"],
    ['"9", "1"', ['"9"', '"1"']],
    ['"a,b" ,,W/"c"', ['"a,b"', 'W/"c"']],
    ['""', ['""']],
    ...[
      "",
      " ",
      ",",
      "9",
      '"9',
      '9"',
      '"9" "1"',
      '"9""1"',
      'w/"9"',
      '*, "9"',
      '"9", *',
      '"9";"1"',
      '"9", 1',
      '"a b"',
    ].map((text): [string, undefined] => [text, undefined]),
  ])("%j is %j", (text, expected) => {
    expect(parseEntityTags(text)).toEqual(expected);
  });
});
