import { createHash } from "node:crypto";
import { corruptFile } from "./checked-file.ts";

/**
 * A sealed file is a JSON object whose last field is the sha256 of every byte before that field. So it can be read as
 * plain JSON by anyone, and no byte of it can change unnoticed.
 */
const sealStart = ',\n  "checksum": "';
const sealEnd = '"\n}\n';
const sealBytes = sealStart.length + 64 + sealEnd.length;

/** The bytes of a sealed file with this content, which has at least one field and none called checksum. */
export function encodeWithChecksum(content: object): Uint8Array {
  const body = JSON.stringify(content, null, 2).slice(0, -"\n}".length);
  return Buffer.from(body + sealStart + sha256(Buffer.from(body)) + sealEnd);
}

/**
 * The content of a sealed file.
 *
 * @throws MODEL_DAMAGED with the file's name where any byte has changed
 */
export function decodeWithChecksum(bytes: Buffer, name: string): unknown {
  const body = bytes.subarray(0, Math.max(0, bytes.length - sealBytes));
  const intact = bytes.equals(Buffer.concat([body, Buffer.from(sealStart + sha256(body) + sealEnd)]));
  if (!intact) throw corruptFile(name, "its checksum does not match");
  try {
    const content: unknown = JSON.parse(`${body.toString()}\n}`);
    return content;
  } catch (error) {
    throw corruptFile(name, "it is not JSON", error);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
