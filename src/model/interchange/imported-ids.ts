import { type IdProblem, parseSongId, type SongIds } from "../../corpus/song-ids.ts";
import { unescapeId } from "./id-escapes.ts";
import { vectorsUnreadable } from "./read-word2vec.ts";

/** Why a vector is left out. `token`: a token of a vocabulary that is no song. */
export type LeftOutReason = "token" | IdProblem;
export type LeftOut = Partial<Record<LeftOutReason, number>>;

/** Lower-cased tokens of word2vec, gensim, fastText, GloVe and tokenizers. */
const tokens = new Set("</s> <s> <unk> <pad> <mask> <bos> <eos> [unk] [pad] [mask] [cls] [sep] [bos] [eos]".split(" "));

/** Share of ids that may have lost digits or be ambiguous. */
const maxDamagedShare = 0.01;

const damages: Readonly<Record<Exclude<LeftOutReason, "token" | "missing">, string>> = {
  lostDigits: "are in scientific notation and have lost digits",
  ambiguousNumber: "may be numbers with a decimal mark or with thousands separators",
};

export interface IdOptions {
  /** `escaped` decodes ids as exports encode them; `plain` takes them literally. */
  readonly ids: "escaped" | "plain";
  readonly songIds: SongIds;
}

/** Parses an id of a word2vec file. */
export function parseImportedId(
  text: string,
  { ids, songIds }: IdOptions,
): { readonly id: string } | { readonly problem: LeftOutReason } {
  const id = ids === "escaped" ? unescapeId(text) : text;
  return tokens.has(id.trim().toLowerCase()) ? { problem: "token" } : parseSongId(id, songIds);
}

/** The distinct songs of a file, and the ids that are left out. */
export class ImportedIds {
  readonly rows = new Map<string, number>();
  readonly leftOut: LeftOut = {};
  readonly #file: string;
  readonly #options: IdOptions;
  /** The spelling of each id that is not written in its normal form. */
  readonly #spellings = new Map<string, string>();
  readonly #firstDamaged = new Map<LeftOutReason, { readonly text: string; readonly location: string }>();

  constructor(file: string, options: IdOptions) {
    this.#file = file;
    this.#options = options;
  }

  /**
   * @returns whether the song is added
   * @throws VECTORS_UNREADABLE if an earlier row has the same song
   */
  add(text: string, location: string): boolean {
    const parsed = parseImportedId(text, this.#options);
    if ("problem" in parsed) {
      this.leftOut[parsed.problem] = (this.leftOut[parsed.problem] ?? 0) + 1;
      if (!this.#firstDamaged.has(parsed.problem)) this.#firstDamaged.set(parsed.problem, { text, location });
      return false;
    }
    const { id } = parsed;
    if (this.rows.has(id)) throw vectorsUnreadable(this.#file, location, this.#describeDuplicate(id, text));
    this.rows.set(id, this.rows.size);
    if (text !== id) this.#spellings.set(id, text);
    return true;
  }

  /** @throws VECTORS_UNREADABLE if no song is left, or too many ids are damaged */
  finish(): void {
    const total = this.rows.size + Object.values(this.leftOut).reduce((sum, count) => sum + count, 0);
    for (const problem of ["lostDigits", "ambiguousNumber"] as const) {
      const { [problem]: count = 0 } = this.leftOut;
      const first = this.#firstDamaged.get(problem);
      if (first && count > maxDamagedShare * total)
        throw vectorsUnreadable(
          this.#file,
          first.location,
          `${count} of ${total} ids ${damages[problem]}, as ${quote(first.text)}. ` +
            "Save the ids as text, or set SONG_IDS=text to take ids literally",
        );
    }
    if (this.rows.size === 0) throw vectorsUnreadable(this.#file, "end of file", "no vector has the id of a song");
  }

  #describeDuplicate(id: string, text: string): string {
    const earlier = this.#spellings.get(id) ?? id;
    return earlier === text ? `duplicate id ${quote(id)}` : describeSameSong(earlier, text);
  }
}

export function describeSameSong(one: string, other: string): string {
  return `${quote(one)} and ${quote(other)} are the same song. Set SONG_IDS=text to take ids literally`;
}

const quote = (text: string) => JSON.stringify(text.slice(0, 100));
