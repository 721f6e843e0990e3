const magics: readonly (readonly [start: string, kind: string])[] = [
  ["\x1f\x8b", "gzip data within gzip data. Decompress it once"],
  ["PK\x03\x04", "a zip archive. Extract the vectors"],
  ["\x80\x02", "a Python pickle. Save it with save_word2vec_format of gensim"],
  ["\x80\x03", "a Python pickle. Save it with save_word2vec_format of gensim"],
  ["\x80\x04", "a Python pickle. Save it with save_word2vec_format of gensim"],
  ["\x80\x05", "a Python pickle. Save it with save_word2vec_format of gensim"],
  ["\x93NUMPY", "a NumPy array without ids. Save it with save_word2vec_format of gensim"],
  ["\xba\x16\x4f\x2f", "a binary model of fastText. Import its .vec file"],
  ["\xff\xfe", "UTF-16 text. Save it as UTF-8"],
  ["\xfe\xff", "UTF-16 text. Save it as UTF-8"],
];
const number = /^[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[-+]?\d+)?$/i;

/**
 * Describes a file that does not start with a word2vec header.
 *
 * @param head the first bytes as Latin-1
 */
export function describeStart(head: string): string {
  if (head.trim() === "") return "the file is empty";
  const [, kind] = magics.find(([start]) => head.startsWith(start)) ?? [];
  if (kind !== undefined) return `the file is ${kind}`;
  if (/^.?\0/s.test(head)) return "the file looks like UTF-16 text. Save it as UTF-8";
  if (/^\s*<(?:!doctype|html|\?xml|head|body)/i.test(head)) return "the file is an HTML or XML page";
  if (/^\s*(?:\{\s*"|\[\s*[[{"\d-])/.test(head)) return "the file looks like JSON";
  const line = head.slice(0, head.search(/[\r\n]|$/));
  const isCsv = /[,;]/.test(line) && !/[ \t]/.test(line.trim().replaceAll(/[,;]\s+/g, ","));
  if (isCsv) return `found ${quote(line)}. Separate the id and the values by blanks, not by commas`;
  const cells = line.trim().split(/[ \t]+/);
  const values = cells.slice(1).filter((cell) => number.test(cell)).length;
  if (values > 1 && values >= cells.length - 2)
    return `found a vector of ${values} dimensions. Files of GloVe have no such line: add it as the first one`;
  return `found ${quote(line)}`;
}

const quote = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
