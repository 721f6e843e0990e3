import { compilationArtists } from "../../src/recommend/catalogue/artists.ts";
import { code, markdownTable } from "./table.ts";

export function compilationArtistsTable(): string {
  return markdownTable(
    ["Language", "Names"],
    Object.entries(compilationArtists).map(([language, names]) => [language, names.map(code).join(", ")]),
  );
}
