import { createHash, timingSafeEqual } from "node:crypto";
import { createError } from "../../errors.ts";
import { type Role, roles } from "./access.ts";

/** A key as the service remembers it. */
export interface ApiKey {
  /** What logs and limits call it: its role and its place in the list. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256. */
  readonly hash: Buffer;
}

/**
 * Keys from text: `role:key`, with commas or line ends between them; `#` starts a comment line.
 * @param setting that they come from
 * @throws SETTING_INVALID, which never quotes a key
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

/** Finds a key in a time that depends on how many there are, never on which it is or how alike they are. */
export function findKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const hash = hashKey(presented);
  let found: ApiKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.hash, hash)) found = key;
  return found;
}
