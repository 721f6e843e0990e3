import { describe, expect, it } from "vitest";
import { createArtistKey } from "../../../src/recommend/catalogue/artists.ts";
import { fold, canonicalTitle } from "../../../src/recommend/catalogue/names.ts";

describe("a folded name", () => {
  it.each([
    ["Beyoncé", "beyonce"],
    ["AC/DC", "ac dc"],
    ["  The  WHO ", "the who"],
    ["!!!", "!!!"],
    ["???", "???"],
    ["+ Plus", "+ plus"],
    ["Ke$ha", "kesha"],
    ["$ign $1 Bada$$", "sign $1 badass"],
    ["2.0", "2 0"],
    ["❤\uFE0F", "❤"],
  ])("%s is %s", (name, folded) => {
    expect(fold(name)).toBe(folded);
  });

  it.each([
    [["R.E.M.", "REM", "r.e.m", "R. E. M.", "r e m"]],
    [["N.W.A", "NWA", "n.w.a."]],
    [["k.d. lang", "KD Lang", "K D Lang"]],
    [["Don't", "Dont", "don’t", "Don´t", "Don`t"]],
    [["Rock 'n' Roll", "Rock’n’Roll", "Rock n Roll"]],
    [["St. Vincent", "St Vincent"]],
    [["The Beatles", "Beatles, The", "BEATLES, THE"]],
    [["Σοφός", "ΣΟΦΟΣ", "σοφοσ"]],
    [["Ёлка", "елка"]],
    [["Straße", "STRASSE", "STRAẞE"]],
    [["IŞIK", "ışık", "Isik"]],
    [["Mø", "MO"]],
    [["ﬁre", "Ｆｉｒｅ"]],
    [["ガガ", "ｶﾞｶﾞ", "カ\u3099カ\u3099"]],
    [["방탄", "방탄".normalize("NFD")]],
    [["...", "…"]],
    [["！！！", "! ! !", "!!!"]],
    [["L'Arc～en～Ciel", "L’Arc〜en〜Ciel", "LArc~en~Ciel"]],
    [["می\u200cخواهم", "میخواهم"]],
  ])("is the same for %j", (names) => {
    expect(new Set(names.map(fold)).size).toBe(1);
  });

  it.each([
    ["ガガ", "カカ"],
    ["パ", "バ"],
    ["हिन्दी", "हन्द"],
    ["น้ำ", "นำ"],
    ["שִׁיר", "שיר"],
    ["أ", "ا"],
    ["+/-", "+"],
    ["St. Vincent", "StVincent"],
    ["2.0", "20"],
    ["ひ", "ヒ"],
  ])("differs for %s and %s", (one, other) => {
    expect(fold(one)).not.toBe(fold(other));
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
    "Hey Jude - Live in Paris, 12 July 1986 [Remastered]",
    "Hey Jude (Live (Mono))",
    "Hey Jude (Deluxe Edition Bonus Track)",
    'Hey Jude (12" Mix)',
    "Hey Jude (ao vivo)",
    "Hey Jude (라이브 버전)",
    "Hey Jude (MR)",
    "Hey Jude (Off Vocal)",
    "Hey Jude (Inst.)",
    "Hey Jude（ライブバージョン）",
    "Hey Jude【カラオケ】",
    "Hey Jude 〜アコースティックVer.〜",
    "Hey Jude ～ライブ～",
    "Hey Jude (TVサイズ)",
    "Hey Jude（オフボーカル）",
    "Hey Jude feat. Somebody",
    "Hey Jude ft. Somebody - Live",
    "Hey Jude (现场版)",
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
    ["Wall (Part 1, Live)", "Wall (Part 2, Live)"],
    ["Wall (Live, Pt. II)", "Wall (Live)"],
    ["Wall (Live at Wembley, Part One)", "Wall (Live at Wembley, Part Two)"],
    ["Wall - Vol. 1 Remix", "Wall - Vol. 2 Remix"],
    ["Wall (Demo 1)", "Wall (Demo 2)"],
    ["Wall (A Remix)", "Wall (B Remix)"],
    ["Love Theme (From Romeo)", "Love Theme (From Juliet)"],
    ["Symphony (No. 5, Mono)", "Symphony (No. 6, Mono)"],
    ["벽 (1부, 라이브)", "벽 (2부, 라이브)"],
    ["6 ft. Under", "6 ft. Over"],
    ["Defeat Me", "Defeat You"],
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

describe("an artist", () => {
  const artistKey = createArtistKey(["Kinderchor"]);

  it.each([
    "Various Artists",
    "V.A.",
    "v/a",
    "ＶＡ",
    "Various Artists (여러 가수)",
    "여러아티스트",
    "ヴァリアス・アーティスト",
    "バリアス・アーティスツ",
    "童謡・唱歌",
    "다수의 아티스트",
    "VV.AA.",
    "-",
    "オムニバス",
    "群星",
    "VERSCHIEDENE INTERPRETEN",
    "Vários Artistas",
    "Разные исполнители",
    "[unknown]",
    "O.S.T. / Various Artists",
    "KINDERCHOR",
  ])("is not %s", (name) => {
    expect(artistKey(name)).toBeUndefined();
    expect(canonicalTitle({ title: "Intro", artist: name }, artistKey)).toBeUndefined();
  });

  it.each(["Vanilla Ice", "The Various", "!!!", "Kinderchor Berlin"])("is %s", (name) => {
    expect(artistKey(name)).toBe(fold(name));
  });
});
