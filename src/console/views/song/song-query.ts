/** The query of the address. */
export type SongQuery = Readonly<
  Partial<Record<"id" | "version" | "other" | "shown" | "one" | "to" | "steps", string>>
>;
