import type { RecommendationRequest } from "../../api/schema.ts";

export const strategies = ["blend", "context", "similarity", "cooccurrence", "playlists"] as const;

/** Options of a list of recommendations, as in the request. */
export interface Options {
  readonly strategy: (typeof strategies)[number];
  readonly repeats: boolean;
  readonly oneVersion: boolean;
  readonly diversity: number;
  readonly popularity: number;
  readonly maxPerArtist: number | null;
  /** Column, after `-` if its values are left out, and values */
  readonly filter: readonly (readonly [column: string, values: string])[];
  readonly aggregation: "mean" | "leastMisery";
  /** null: the active model */
  readonly model: number | null;
}

/** State of the view. It is in the address. */
export interface TryState {
  /** Song ids of each listener, at least one listener */
  readonly listeners: readonly (readonly string[])[];
  readonly dislikes: readonly string[];
  readonly exclude: readonly string[];
  readonly options: Options;
  /** Options of the second list; null: there is one list only */
  readonly other: Options | null;
  readonly limit: number;
}

export const defaults: Options = {
  strategy: "blend",
  repeats: false,
  oneVersion: false,
  diversity: 0,
  popularity: 0,
  maxPerArtist: null,
  filter: [],
  aggregation: "mean",
  model: null,
};
export const pageSize = 10;
export const mostResults = 200;

type Pairs = [string, string][];

export function readState(query: URLSearchParams): TryState {
  const listeners: string[][] = [[]];
  for (const [name, value] of query) {
    if (name === "listener") listeners.push([]);
    else if (name === "song") listeners.at(-1)?.push(value);
  }
  return {
    listeners,
    dislikes: query.getAll("dislike"),
    exclude: query.getAll("exclude"),
    options: readOptions(query, ""),
    other: query.has("compare") ? readOptions(query, "b.") : null,
    limit: Math.min(mostResults, numberOf(query.get("limit"), pageSize)),
  };
}

export function writeState({ listeners, dislikes, exclude, options, other, limit }: TryState): Pairs {
  return [
    ...listeners.flatMap((songs, i): Pairs => [
      ...(i > 0 ? [["listener", String(i + 1)] as [string, string]] : []),
      ...songs.map((id): [string, string] => ["song", id]),
    ]),
    ...dislikes.map((id): [string, string] => ["dislike", id]),
    ...exclude.map((id): [string, string] => ["exclude", id]),
    ...writeOptions(options, ""),
    ...(other ? [["compare", "1"] as [string, string], ...writeOptions(other, "b.")] : []),
    ...(limit === pageSize ? [] : [["limit", String(limit)] as [string, string]]),
  ];
}

function readOptions(query: URLSearchParams, prefix: string): Options {
  const get = (name: string) => query.get(prefix + name);
  return {
    strategy: strategies.find((name) => name === get("strategy")) ?? defaults.strategy,
    repeats: get("repeats") === "allow",
    oneVersion: get("versions") === "one",
    diversity: numberOf(get("diversity"), 0),
    popularity: numberOf(get("popularity"), 0),
    maxPerArtist: numberOf(get("maxPerArtist"), 0) || null,
    filter: query.getAll(`${prefix}filter`).map((text) => {
      const [, column = "", values = ""] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
      return [column, values];
    }),
    aggregation: get("aggregation") === "leastMisery" ? "leastMisery" : "mean",
    model: numberOf(get("model"), 0) || null,
  };
}

function writeOptions(options: Options, prefix: string): Pairs {
  const { strategy, repeats, oneVersion, diversity, popularity, maxPerArtist, filter, aggregation, model } = options;
  const changed = {
    strategy: strategy === defaults.strategy ? "" : strategy,
    repeats: repeats ? "allow" : "",
    versions: oneVersion ? "one" : "",
    diversity: diversity === 0 ? "" : String(diversity),
    popularity: popularity === 0 ? "" : String(popularity),
    maxPerArtist: maxPerArtist === null ? "" : String(maxPerArtist),
    aggregation: aggregation === "mean" ? "" : aggregation,
    model: model === null ? "" : String(model),
  };
  return [
    ...Object.entries(changed)
      .filter(([, value]) => value !== "")
      .map(([name, value]): [string, string] => [prefix + name, value]),
    ...filter.map(([column, values]): [string, string] => [`${prefix}filter`, `${column}=${values}`]),
  ];
}

function numberOf(text: string | null, otherwise: number): number {
  const value = Number(text ?? "");
  return text === null || !Number.isFinite(value) ? otherwise : value;
}

/** The request for a list; null without songs. */
export function toRequest(state: TryState, options: Options): RecommendationRequest | null {
  const filled = state.listeners.filter((songs) => songs.length > 0).map((songs) => [...songs]);
  const [first] = filled;
  if (!first) return null;
  const { strategy, repeats, oneVersion, diversity, popularity, maxPerArtist, aggregation, model } = options;
  const filter = options.filter
    .map(([column, values]) => [column.trim(), values.split(",").map((value) => value.trim())] as const)
    .map(([column, values]) => [column, values.filter((value) => value !== "")] as const)
    .filter(([column, values]) => column.replace(/^-/, "") !== "" && values.length > 0);
  return {
    ...(filled.length > 1 ? { groups: filled, aggregation } : { songs: first }),
    ...(state.dislikes.length > 0 && { dislikes: [...state.dislikes] }),
    ...(state.exclude.length > 0 && { exclude: [...state.exclude] }),
    ...(strategy !== "blend" && { strategy }),
    ...(repeats && { repeats: "allow" as const }),
    ...(oneVersion && { versions: "one" as const }),
    ...(diversity !== 0 && { diversity }),
    ...(popularity !== 0 && { popularity }),
    ...(maxPerArtist !== null && { maxPerArtist }),
    ...(filter.length > 0 && { filter: Object.fromEntries(filter) }),
    ...(model !== null && { modelVersion: model }),
    limit: state.limit,
    explain: true,
  };
}
