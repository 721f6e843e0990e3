import type { HyperparameterOverrides, Hyperparameters } from "../../api/schema.ts";
import { request } from "../../api/client.ts";
import { number, t } from "../../texts/texts.ts";

export type Name = keyof Hyperparameters;
type Value = Hyperparameters[Name];
/** Values of the changed fields, by name. */
export type Changes = Partial<Record<Name, string | boolean>>;

export const groups = {
  learning: ["epochs", "alpha", "minAlpha", "patience", "holdOut", "seed", "workers"],
  vectors: ["vectorSize", "sg", "cbowMean", "window", "shrinkWindows"],
  data: ["minCount", "maxVocabulary", "minPlaylistLength", "shortPlaylists", "sample"],
  objective: ["hs", "negative", "negativeSharing", "blockSize", "blockNegatives", "negativePool", "nsExponent"],
  nextSongs: ["nextSongSize", "nextSongEpochs"],
} as const satisfies Record<string, readonly Name[]>;

/** The JSON schema of a hyperparameter, as far as the form uses it. */
export interface Limits {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly anyOf?: readonly Limits[];
}

/** The limits of the hyperparameters, from the OpenAPI document. */
export async function loadLimits(signal: AbortSignal): Promise<Readonly<Record<Name, Limits>>> {
  const document = await (await request("openapi.json", { signal })).json();
  return document.components.schemas.HyperparameterOverrides.properties;
}

export function rangeOf(limits: Limits): string | undefined {
  const { minimum, exclusiveMinimum = minimum, maximum } = limits.anyOf?.find(({ type }) => type !== "null") ?? limits;
  return exclusiveMinimum === undefined || maximum === undefined
    ? undefined
    : t("training.range", { min: exclusiveMinimum, max: maximum });
}

/** A value as text for people. */
export function show(value: Value): string {
  if (value === null) return t("training.noLimit");
  if (typeof value === "boolean") return t(value ? "training.on" : "training.off");
  return typeof value === "number" ? number(value, 6) : value;
}

/** A value as the text of a field. */
export function toField(value: Value): string | boolean {
  return typeof value === "boolean" ? value : String(value ?? "");
}

/** The overrides for a request. What is no number is sent as it is, and the service says what is wrong. */
export function toOverrides(changes: Changes): HyperparameterOverrides {
  const entries = Object.entries(changes).map(([name, text]) => {
    if (typeof text === "boolean") return [name, text];
    if (text.trim() === "") return [name, null];
    const value = Number(text);
    return [name, Number.isNaN(value) ? text.trim() : value];
  });
  return Object.fromEntries(entries) as HyperparameterOverrides;
}
