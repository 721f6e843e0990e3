import { createError, describeError, Song2vecError } from "../../errors.ts";
import { isOutOfSpace } from "./database.ts";
import type { createReads } from "./reads.ts";
import type { createWrites } from "./writes.ts";

export type Reads = ReturnType<typeof createReads>;
export type Writes = ReturnType<typeof createWrites>;

/** An operation that another thread asks for. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Outcome =
  { readonly value: unknown } | { readonly error: { readonly code: string; readonly message: string } };

/** Runs one operation; its own errors become an outcome, those of the database are thrown. */
export function runCall(operations: object, { name, args }: Call): Outcome {
  const operation: unknown = Reflect.get(operations, name);
  if (typeof operation !== "function") throw new TypeError(`the database has no operation ${name}`);
  try {
    return { value: Reflect.apply(operation, operations, args) };
  } catch (error) {
    if (error instanceof Song2vecError) return failed(error);
    throw error;
  }
}

export function failed(error: unknown): Outcome {
  return { error: describeError(isOutOfSpace(error) ? createError("STORAGE_FULL") : error) };
}
