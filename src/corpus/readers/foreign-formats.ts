/* oxlint-disable no-control-regex -- the bytes of the formats */
/** The first bytes of formats that people take for CSV. */
const signatures: readonly (readonly [format: string, start: RegExp])[] = [
  ["a ZIP archive or an Excel workbook (.xlsx)", /^PK(?:\x03\x04|\x05\x06|\x07\x08)/],
  ["an Excel workbook (.xls)", /^\xd0\xcf\x11\xe0/],
  ["UTF-32 text", /^(?:\xff\xfe\0\0|\0\0\xfe\xff)/],
  ["a gzip archive inside gzip", /^\x1f\x8b/],
  ["a bzip2 archive", /^BZh[1-9]/],
  ["an xz archive", /^\xfd7zXZ/],
  ["a Zstandard archive", /^\x28\xb5\x2f\xfd/],
  ["a 7z archive", /^7z\xbc\xaf/],
  ["a RAR archive", /^Rar!\x1a/],
  ["a tar archive", /^[^\0]{1,100}\0[^]{156,256}ustar/],
  ["a Parquet file", /^PAR1/],
  ["an Avro file", /^Obj\x01/],
  ["an Arrow file", /^ARROW1/],
  ["an HDF5 file", /^\x89HDF/],
  ["a NumPy array", /^\x93NUMPY/],
  ["a Python pickle", /^\x80[\x02-\x05]/],
  ["an SQLite database", /^SQLite format 3\0/],
  ["a PDF", /^%PDF/],
  ["an MP3 file", /^(?:ID3[\x02-\x04]|\xff[\xfb\xf3\xf2])/],
  ["an M3U playlist", /^(?:\xef\xbb\xbf)?\s*#EXT(?:M3U|INF)/],
  ["a PLS playlist", /^(?:\xef\xbb\xbf)?\s*\[playlist\]/i],
  ["an HTML page", /^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)/i],
  ["XML", /^(?:\xef\xbb\xbf)?\s*<[?!\w]/],
  ["a property list", /^bplist/],
  ["a JSON array", /^(?:\xef\xbb\xbf)?\s*\[\s*[[{"\d\]-]/],
  [
    "an SQL dump",
    /^(?:\xef\xbb\xbf)?\s*(?:--[^\n]*\n\s*|\/\*[^]*?\*\/;?\s*)*(?:(?:CREATE|INSERT|DROP)\s+(?:TABLE|DATABASE|INTO)\b|(?:SET|USE|BEGIN|PRAGMA)\b[^\n,]*;)/i,
  ],
];

/** @returns the name of the format if a file is neither CSV nor JSON lines */
export function foreignFormat(head: Buffer): string | undefined {
  const start = head.toString("latin1", 0, 1024);
  return signatures.find(([, signature]) => signature.test(start))?.[0];
}
