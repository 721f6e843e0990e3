import { z } from "zod";
import { hyperparametersSchema, presetNames, resolveHyperparameters } from "../../src/word2vec/hyperparameters.ts";
import { jsonSchemaSchema, typeOf } from "./json-schema.ts";
import { code, markdownTable, sentence } from "./table.ts";

const [article, tuned] = presetNames.map((name) => resolveHyperparameters(name));

export function hyperparametersTable(): string {
  const names = hyperparametersSchema.keyof().options;
  return markdownTable(
    ["Name", "Values", "`article`", "`tuned`", "Description"],
    names.map((name) => [
      code(name),
      typeOf(jsonSchemaSchema.parse(z.toJSONSchema(hyperparametersSchema.shape[name]))),
      name === "workers" ? "processors − 1" : code(String(article?.[name])),
      name === "workers" ? "processors − 1" : code(String(tuned?.[name])),
      sentence(hyperparametersSchema.shape[name].description ?? ""),
    ]),
  );
}
