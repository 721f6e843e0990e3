import { createHash } from "node:crypto";
import { corruptFile } from "./checked-file.ts";

/**
 * A JSON object whose last field, `checksum`, is the sha256 of all bytes before that field. It remains plain JSON, and
 * any changed byte is detected.
 */
const checksumStart = ',\n  "checksum": "';
const checksumEnd = '"\n}\n';
const checksumBytes = checksumStart.length + 64 + checksumEnd.length;

/** @param content with at least one field, and without a field `checksum` */
export function encodeWithChecksum(content: object): Uint8Array {
  const body = JSON.stringify(content, null, 2).slice(0, -"\n}".length);
  return Buffer.from(body + checksumStart + sha256(Buffer.from(body)) + checksumEnd);
}

/**
 * @param name the name of the file in errors
 * @throws MODEL_DAMAGED if any byte has changed
 */
export function decodeWithChecksum(bytes: Buffer, name: string): unknown {
  const body = bytes.subarray(0, Math.max(0, bytes.length - checksumBytes));
  const isIntact = bytes.equals(Buffer.concat([body, Buffer.from(checksumStart + sha256(body) + checksumEnd)]));
  if (!isIntact) throw corruptFile(name, "wrong checksum");
  try {
    const content: unknown = JSON.parse(`${body.toString()}\n}`);
    return content;
  } catch (error) {
    throw corruptFile(name, "not JSON", error);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
