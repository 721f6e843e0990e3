import { createError, describeError, type ErrorDescription, Song2vecError } from "../../errors.ts";
import { isOutOfSpace } from "./database.ts";
import type { createQueries } from "./queries.ts";
import type { createMutations } from "./mutations.ts";

export type Queries = ReturnType<typeof createQueries>;
export type Mutations = ReturnType<typeof createMutations>;

/** An operation requested by another thread. */
export interface Operation {
  readonly name: string;
  readonly args: readonly unknown[];
}

export type OperationResult = { readonly value: unknown } | { readonly error: ErrorDescription };

/** Runs one operation. Errors of song2vec become its result; errors of the database are thrown. */
export function runOperation(implementations: object, { name, args }: Operation): OperationResult {
  const implementation: unknown = Reflect.get(implementations, name);
  if (typeof implementation !== "function") throw new TypeError(`unknown operation ${name}`);
  try {
    return { value: Reflect.apply(implementation, implementations, args) };
  } catch (error) {
    if (error instanceof Song2vecError) return toFailure(error);
    throw error;
  }
}

export function toFailure(error: unknown): OperationResult {
  return { error: describeError(isOutOfSpace(error) ? createError("STORAGE_FULL") : error) };
}
