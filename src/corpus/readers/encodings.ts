import { isUtf8 } from "node:buffer";
import iconv from "iconv-lite";

interface Encoding {
  readonly name: string;
  /** Label of the WHATWG encoding standard. */
  readonly label: string;
  /** Letters of its language. */
  readonly letters: RegExp;
  /** Smallest share of them among the characters beyond ASCII. */
  readonly minShare: number;
  /** Smallest number of bytes beyond ASCII per character: an accent of Windows-1252 and a letter have one. */
  readonly minBytes: number;
}

const kana = /[\p{Script=Hiragana}\u30a0-\u30ff]/gu;
const han = /[\u4e00-\u9fff]/gu;
/** Capitals inside of Cyrillic words, and one letter behind Latin ones: an accent of Windows-1252. */
const never =
  /[a-z][\u0410-\u044f]|[\u0410-\u044f][a-z]|[\u0430-\u044f][\u0410-\u042f]|[a-z][\u4e00-\ud7ff](?![\u3000-\ud7ff])/;
/** Encodings of spreadsheets and older systems, the most specific first. Chinese in GBK reads as Korean for the most part. */
const encodings: readonly Encoding[] = [
  { name: "Shift_JIS (CP932)", label: "shift_jis", letters: kana, minShare: 0.1, minBytes: 1 },
  { name: "EUC-KR (CP949)", label: "euc-kr", letters: /\p{Script=Hangul}/gu, minShare: 0.9, minBytes: 1.5 },
  { name: "EUC-JP", label: "euc-jp", letters: kana, minShare: 0.1, minBytes: 1.5 },
  { name: "Windows-1251", label: "windows-1251", letters: /[\u0410-\u044f]/gu, minShare: 0.9, minBytes: 1 },
  { name: "GB18030 (GBK)", label: "gb18030", letters: han, minShare: 0.5, minBytes: 1.5 },
  { name: "Big5", label: "big5", letters: han, minShare: 0.5, minBytes: 1.2 },
];
const fallback = { name: "Windows-1252 or Latin-1", label: "windows-1252" };
const sampleBytes = 4096;

/** Guesses the encoding of bytes from their lines that are not UTF-8. */
export function likelyEncoding(bytes: Buffer): Pick<Encoding, "name" | "label"> {
  const lines = bytes
    .toString("latin1", 0, sampleBytes)
    .split("\n")
    .map((line) => Buffer.from(`${line}\n`, "latin1"));
  const sample = Buffer.concat(lines.filter((line) => !isUtf8(line)));
  return encodings.find((encoding) => isLikely(sample, encoding)) ?? fallback;
}

function isLikely(sample: Buffer, { label, letters, minShare, minBytes }: Encoding): boolean {
  const text = iconv.decode(sample, label).replace(/\ufffd+\n$/, ""); // the sample may end inside a character
  const foreign = text.replaceAll(/[\0-\x7f]/g, "");
  return (
    !never.test(text) &&
    !foreign.includes("\ufffd") &&
    sample.filter((byte) => byte > 0x7f).length >= minBytes * foreign.length &&
    (foreign.match(letters)?.length ?? 0) >= Math.max(1, minShare * foreign.length)
  );
}

/** Decodes a stream of bytes. */
export interface Decoder {
  /** @throws TypeError for invalid bytes */
  decode(chunk: Buffer): string;
  /** The rest. @throws TypeError for an incomplete character */
  end(): string;
}

/** @param label of the WHATWG encoding standard */
export function createDecoder(label: string): Decoder {
  const name = new TextDecoder(label).encoding;
  if (name.startsWith("utf-") || !iconv.encodingExists(name)) {
    const decoder = new TextDecoder(name, { fatal: true });
    return { decode: (chunk) => decoder.decode(chunk, { stream: true }), end: () => decoder.decode() };
  }
  // Node's TextDecoder does not know the 8,822 syllables that CP949 has beyond EUC-KR
  const decoder = iconv.getDecoder(name);
  return { decode: (chunk) => valid(decoder.write(chunk)), end: () => valid(decoder.end() ?? "") };
}

function valid(text: string): string {
  if (text.includes("\ufffd")) throw new TypeError("invalid bytes");
  return text;
}
