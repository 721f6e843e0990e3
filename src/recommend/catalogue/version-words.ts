const wordsIn = (text: string) => new Set(text.split(/\s+/));

/** Words that mark a version of a song, folded. */
const versionWords = wordsIn(
  `acoustic album alternate audio bonus clean demo deluxe edit edition explicit extended feat featuring from ft inst
  instrumental karaoke live mix mono mr original radio recorded recording remaster remastered remix remixed rerecorded
  session sessions single soundtrack stereo take unplugged ver version video
  acustica acustico akustik directo remasterizada remasterizado versao versione vivo`,
);
/** The same in Korean, Japanese and Chinese, where they also stand joined: "ライブバージョン". */
const joinedVersionWords = new RegExp(
  `^(?:${[
    "라이브|리마스터링|리마스터|리믹스|어쿠스틱|인스트루멘탈|인스트|반주|노래방|데모|믹스|버전|버젼|음원",
    "ライブ|ライヴ|リマスター|リミックス|アコースティック|インストゥルメンタル|インスト|カラオケ|オフボーカル|伴奏|デモ|ミックス|バージョン|ヴァージョン|音源|生演奏|tvサイズ|テレビサイズ",
    "现场|現場|演唱会|演唱會|重制|重製|混音|纯音乐|純音樂|卡拉ok|版|ver|mr|inst|live",
  ].join("|")})+$`,
  "u",
);
/** Words that belong to a marker, but mark nothing alone. */
const fillers = wordsIn(
  "a an and the in en ao dal track music official lyric lyrics motion picture digital digitally studio full length",
);
const prepositions = wordsIn("at from in on em en aus a");
const featuring = wordsIn("feat featuring ft");
const parts = wordsIn("act chapter disc episode movement mvt no nr number part pt side vol volume");
const number = /^(?:\d+|[ivx]+|one|two|three|four|five|six|seven|eight|nine|ten)$/;
const year = /^(?:19|20)\d\d$/;

/**
 * Removes the words that mark a version from an addition to a title. With them go years, the place of a recording ("Live at
 * Wembley") and guests ("feat. Somebody"), except for numbered parts.
 *
 * @param words folded
 */
export function withoutVersionWords(words: readonly string[]): readonly string[] {
  if (!words.some(isVersionWord)) return words.length === 1 ? words.filter((word) => !year.test(word)) : words;
  let isTail = false;
  return words.filter((word, at) => {
    const next = words[at + 1] ?? "";
    if (isPart(word, next) || isPart(words[at - 1] ?? "", word)) return true;
    if (isTail) return false;
    const isVersion = isVersionWord(word);
    isTail = featuring.has(word) || (isVersion && prepositions.has(next));
    return !isVersion && !isTail && !year.test(word) && !fillers.has(word);
  });
}

function isPart(word: string, next: string): boolean {
  return parts.has(word) && number.test(next);
}

function isVersionWord(word: string): boolean {
  return versionWords.has(word) || joinedVersionWords.test(word);
}
