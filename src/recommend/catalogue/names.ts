import { withoutVersionWords } from "./version-words.ts";

const ascii = /^[ -~\n]*$/;
const apostrophes = /[`´‘’‛′ʹʻʼ＇]/g;
/** Wave dashes: fonts and keyboards differ in the one they have. */
const waves = /[~〜～∼〰]/g;
/** Also the enclosing mark and the variation selector of "1️⃣". */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Me}]/gu;
/** Marks of other scripts make other letters: "ガ" is not "カ". */
const accents = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;
/** Letters that Unicode does not decompose. */
const letters = /[ßæœøłđðþħŧıς]/g;
const replacements: Readonly<Record<string, string>> = Object.fromEntries(
  "ß ss,æ ae,œ oe,ø o,ł l,đ d,ð d,þ th,ħ h,ŧ t,ı i,ς σ".split(",").map((pair) => pair.split(" ")),
);
/** Symbols count as letters. */
const separators = /[^\p{L}\p{N}\p{S}\p{M}]+/gu;
const asciiSeparators = /[^a-z0-9$+<=>^|]+/g;
const apostropheInside = /(?<=[\p{L}\p{M}])'(?=\p{L})/gu;
const markInside = /[^\s\p{P}]\p{P}+[^\s\p{P}]/u;
/** Not between digits: "2.0" is not "20". */
const marksInside = /(?<=[\p{L}\p{M}\p{S}])\p{P}+(?=[\p{L}\p{N}\p{S}])|(?<=\p{N})\p{P}+(?=\p{L})/gu;
/** "P!nk" */
const exclamationInside = /(?<=\p{L})!(?=\p{L})/gu;
const initials = /(?<![^ ])\p{Ll}(?: \p{Ll})+(?![^ ])/gu;
const hangul = /[가-힣]+/g;

/**
 * Folds a name, so that spellings of the same name are equal: without case, accents, apostrophes and punctuation.
 * Single letters form one word: "R.E.M.", "r e m" and "REM" are equal. A name without letters and digits, such as "!!!",
 * is folded to its characters.
 */
export function fold(name: string): string {
  const text = simplify(name);
  return hasLetters(text) ? joinInitials(wordsIn(withoutApostrophes(text))) : withoutBlanks(text);
}

/** @returns the folded name, then its other spellings: marks within a word also separate words, or nothing */
export function spellingsOf(name: string): string[] {
  const text = simplify(name);
  if (!hasLetters(text)) return [withoutBlanks(text)];
  const spellings = markInside.test(text) ? [withoutApostrophes(text), text, ...joinedSpellings(text)] : [text];
  return [...new Set(spellings.map(wordsIn).map(joinInitials))];
}

/** @returns words by whose prefixes a name is found: those of all spellings, and names such as "!!!" */
export function searchWordsOf(name: string): string[] {
  const text = simplify(name);
  if (!hasLetters(text)) return toWords(`${withoutBlanks(text)} ${wordsIn(text)}`);
  const separate = wordsIn(text);
  const joined = joinInitials(separate);
  const words = joined === separate ? [separate] : [separate, joined];
  if (markInside.test(text) || /^\s*\p{P}|\p{P}{2}/u.test(text))
    words.push(
      ...[withoutApostrophes(text), ...joinedSpellings(text)].map(wordsIn).map(joinInitials),
      ...text
        .trim()
        .split(/\s/u)
        .filter((chunk, at) => (at === 0 || chunk.length > 1) && !hasLetters(chunk)),
    );
  return words.length === 1 ? toWords(separate) : [...new Set(toWords(words.join(" ")))];
}

/** @returns the words of each spelling of a query. A name matches if it has all words of one. */
export function queryWordsOf(query: string): string[][] {
  const text = simplify(query);
  if (!hasLetters(text)) return [toWords(withoutBlanks(text))].filter(({ length }) => length > 0);
  const joined = joinedSpellings(text).map(wordsIn);
  return [...new Set([fold(query), wordsIn(withoutMarks(text)), ...joined.map(joinInitials)])].map(toWords);
}

function simplify(name: string): string {
  const text = ascii.test(name)
    ? name.toLowerCase().replaceAll("`", "'").replaceAll("~", "-")
    : name
        .replaceAll(waves, "-")
        .replaceAll(apostrophes, "'")
        .normalize("NFKD")
        .replaceAll(invisible, "")
        .replaceAll(accents, "$1")
        .toLowerCase()
        .replaceAll(letters, (letter) => replacements[letter] ?? letter)
        .normalize("NFC");
  const inOrder = text.endsWith(", the") ? `the ${text.slice(0, -5)}` : text; // "Beatles, The"
  return inOrder.includes("$") ? withoutDollars(inOrder) : inOrder;
}

/** Dollar signs beside letters are an s: "Ke$ha". */
function withoutDollars(text: string): string {
  const isLetter = (at: number) => /\p{L}/u.test(text.charAt(at));
  return text.replaceAll(/\$+/g, (signs, at: number) =>
    isLetter(at - 1) || isLetter(at + signs.length) ? "s".repeat(signs.length) : signs,
  );
}

function hasLetters(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s/gu, "");
}

function withoutApostrophes(text: string): string {
  return text.includes("'") ? text.replaceAll(/'n(?!\p{L})'?/gu, " n ").replaceAll(apostropheInside, "") : text;
}

function withoutMarks(text: string): string {
  return text.replaceAll(marksInside, "");
}

function joinedSpellings(text: string): string[] {
  const joined = withoutMarks(text);
  return text.includes("!") ? [joined, withoutMarks(text.replaceAll(exclamationInside, "i"))] : [joined];
}

/** Words with single blanks between them. */
function wordsIn(text: string): string {
  return text.replaceAll(ascii.test(text) ? asciiSeparators : separators, " ").trim();
}

function joinInitials(words: string): string {
  return /\b. .\b|[^ -~]/u.test(words) ? words.replaceAll(initials, withoutBlanks) : words;
}

/** Hangul is decomposed, so that a syllable is found while it is typed. */
function toWords(words: string): string[] {
  const text = ascii.test(words) ? words : words.replaceAll(hangul, (syllables) => syllables.normalize("NFD"));
  return text.split(" ").filter((word) => word !== "");
}

/** Brackets without others inside. */
const innerBrackets = /\p{Ps}([^\p{Ps}\p{Pe}]*)\p{Pe}/gu;
const dashes = /\s[-–—―~〜～]+/u;
/** Guests without brackets: "Song feat. Somebody"; not the measure of "6 ft. Under". */
const guests = /\s(?=(?:feat\.?|featuring|(?<!\d\s)ft\.)\s)/giu;
/** Markers of several words: `12" Mix`. */
const formats = /\b(?:off[- ]vocal\b|tv[- ]size\b|backing track\b|(?:7|10|12)(?:["”″]|''|[- ]?inch\b))/giu;

/**
 * Returns the key that all versions of a song share: folded title without version words, and folded artist.
 * Additions lose their version words, years and places: "(Live at Wembley)" and "- Remastered 2009" disappear. Other words
 * and numbers stay: "(Part 2, Live)" is "Part 2".
 *
 * @param artistKey see `createArtistKey`
 * @returns undefined if title or artist is unknown
 */
export function canonicalTitle(
  { title, artist }: { readonly title?: string; readonly artist?: string },
  artistKey: (artist: string) => string | undefined = fold,
): string | undefined {
  const key = artist === undefined ? undefined : artistKey(artist);
  if (title === undefined || key === undefined) return undefined;
  let base = title.replaceAll(formats, " version ");
  for (let before = ""; before !== base;) {
    before = base;
    base = base.replaceAll(innerBrackets, (_, addition: string) => ` ${withoutVersion(addition)} `);
  }
  const [first = "", ...additions] = base.replaceAll(guests, " - ").split(dashes);
  return `${fold([first, ...additions.map(withoutVersion)].join(" ")) || fold(title)}\n${key}`;
}

function withoutVersion(addition: string): string {
  const words = fold(addition).split(" ");
  const others = withoutVersionWords(words);
  return others.length === words.length ? addition : others.join(" ");
}
