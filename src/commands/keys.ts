import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { createError, messageOf } from "../errors.ts";
import { type ApiKey, hashKey, parseKeys } from "../http/security/keys.ts";

/**
 * Reads the API keys of the settings.
 * @throws SETTING_INVALID if the file of keys cannot be read or has none
 */
export async function readKeys({ apiKeys, apiKeysFile }: Config): Promise<ApiKey[]> {
  const ofFile = apiKeysFile === undefined ? [] : await readKeysFile(apiKeysFile);
  return [...parseKeys(apiKeys.join("\n")), ...ofFile].map(numbered);
}

/** Names a key by its role and its number among all keys. */
function numbered(key: ApiKey, i: number): ApiKey {
  return { ...key, name: `${key.role}-${i + 1}` };
}

async function readKeysFile(path: string): Promise<ApiKey[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const reason = `Cannot read API_KEYS_FILE: ${messageOf(error)}.`;
    throw createError("SETTING_INVALID", { reason }, { cause: error });
  });
  const keys = parseKeys(text, "API_KEYS_FILE");
  if (keys.length === 0) throw createError("SETTING_INVALID", { reason: `API_KEYS_FILE ${path} has no keys.` });
  return keys;
}

/**
 * The keys of a server without API_KEYS: none on loopback, one admin key on any other address. The key is created and
 * printed once; the data directory keeps only its hash.
 *
 * @param print takes the text that shows the key
 */
export async function defaultKeys({ host, dataDir }: Config, print: (text: string) => void): Promise<ApiKey[]> {
  if (isLoopback(host)) return [];
  return [{ name: "admin-1", role: "admin", hash: await adminHash(join(dataDir, "admin-key.sha256"), print) }];
}

async function adminHash(file: string, print: (text: string) => void): Promise<Buffer> {
  const kept = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f]{64}\n$/.test(kept)) return Buffer.from(kept, "hex");
  const key = randomBytes(24).toString("base64url");
  const hash = hashKey(key);
  await writeFile(file, `${hash.toString("hex")}\n`, { mode: 0o600 });
  print(
    `API_KEYS is not set and other machines can reach this address. Created an API key with the role admin.\n` +
      `It is shown only once:\n\n    ${key}\n\nTo create another one, delete ${file} and restart.\n`,
  );
  return hash;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host === "localhost";
  return loopback.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
