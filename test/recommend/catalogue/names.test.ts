import { describe, expect, it } from "vitest";
import { fold, canonicalTitle } from "../../../src/recommend/catalogue/names.ts";

describe("a folded name", () => {
  it.each([
    ["Beyoncé", "beyonce"],
    ["AC/DC", "ac dc"],
    ["  The  WHO ", "the who"],
    ["!!!", "!!!"],
    ["???", "???"],
    ["방탄소년단", fold("방탄소년단")],
    ["+ Plus", "+ plus"],
  ])("%s is %s", (name, folded) => {
    expect(fold(name)).toBe(folded);
  });
});

describe("versions of a song", () => {
  it.each([
    "Hey Jude",
    "HEY JUDE",
    "Hey, Jude!",
    "Hey Jude (Live)",
    "Hey Jude [2009 Remaster]",
    "Hey Jude - Remastered 2015",
    "Hey Jude – Live at the BBC (Mono)",
    "Hey Jude (feat. Somebody)",
    "Hey Jude (1968)",
  ])("%s is Hey Jude", (title) => {
    expect(canonicalTitle({ title, artist: "the BEATLES" })).toBe(
      canonicalTitle({ title: "Hey Jude", artist: "The Beatles" }),
    );
  });

  it.each([
    ["Another Brick in the Wall (Part 1)", "Another Brick in the Wall (Part 2)"],
    ["Live and Let Die", "And Let Die"],
    ["(Live)", "(Demo)"],
    ["1999", "(1999)x"],
    ["Suite - Prelude", "Suite - Finale"],
  ])("%s is not %s", (one, other) => {
    expect(canonicalTitle({ title: one, artist: "x" })).not.toBe(canonicalTitle({ title: other, artist: "x" }));
  });

  it("are by one artist; a song without title or artist has no canonical title", () => {
    expect(canonicalTitle({ title: "Hurt", artist: "Nine Inch Nails" })).not.toBe(
      canonicalTitle({ title: "Hurt", artist: "Johnny Cash" }),
    );
    expect([canonicalTitle({ title: "Hurt" }), canonicalTitle({ artist: "Johnny Cash" })]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
