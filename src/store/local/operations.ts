import { createError, describeError, type ErrorDescription, Song2vecError } from "../../errors.ts";
import { isOutOfSpace } from "./database.ts";
import type { createQueries } from "./queries.ts";
import type { createMutations } from "./mutations.ts";

export type Queries = ReturnType<typeof createQueries>;
export type Mutations = ReturnType<typeof createMutations>;

/** An operation that another thread asks for. */
export interface Operation {
  readonly name: string;
  readonly args: readonly unknown[];
}

export type OperationResult = { readonly value: unknown } | { readonly error: ErrorDescription };

/** Runs one operation; its own errors become an outcome, those of the database are thrown. */
export function runOperation(operations: object, { name, args }: Operation): OperationResult {
  const operation: unknown = Reflect.get(operations, name);
  if (typeof operation !== "function") throw new TypeError(`the database has no operation ${name}`);
  try {
    return { value: Reflect.apply(operation, operations, args) };
  } catch (error) {
    if (error instanceof Song2vecError) return toFailure(error);
    throw error;
  }
}

export function toFailure(error: unknown): OperationResult {
  return { error: describeError(isOutOfSpace(error) ? createError("STORAGE_FULL") : error) };
}
