import { createHash, timingSafeEqual } from "node:crypto";
import { createError } from "../../errors.ts";
import { type Role, roles } from "../schemas/roles.ts";

/** An API key in memory. */
export interface ApiKey {
  /** Name in logs and rate limits: the role and the number in the list. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the key. */
  readonly hash: Buffer;
}

/**
 * Parses keys of the form `role:key`, separated by commas or newlines. A line that starts with `#` is a comment.
 *
 * @param setting name of the setting, for the error
 * @throws SETTING_INVALID, which never contains a key
 */
export function parseKeys(text: string, setting = "API_KEYS"): ApiKey[] {
  const lines = text.split(/[,\n]/).map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line, i) => {
      const colon = line.indexOf(":");
      const role = roles.find((name) => name === line.slice(0, Math.max(colon, 0)));
      const key = line.slice(colon + 1);
      if (!role || key === "")
        throw createError("SETTING_INVALID", {
          reason: `Invalid ${setting}: key ${i + 1} is not of the form role:key. Roles: ${roles.join(", ")}.`,
        });
      return { name: `${role}-${i + 1}`, role, hash: hashKey(key) };
    });
}

export function hashKey(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** Finds a key in constant time for a given number of keys. */
export function findKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const hash = hashKey(presented);
  let found: ApiKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.hash, hash)) found = key;
  return found;
}
