import { request } from "./client.ts";

export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/**
 * Reads a stream of server-sent events with fetch, because EventSource cannot send a key.
 * @throws ApiError
 */
export async function* events(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const response = await request(path, { signal, headers: { accept: "text/event-stream" } });
  if (!response.body) return;
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const parsed = parse(block);
      if (parsed) yield parsed;
    }
  }
}

/** @returns undefined for a comment */
function parse(block: string): ServerEvent | undefined {
  const fields = { id: "", event: "message", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value = ""] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (name === "data") fields.data += (fields.data === "" ? "" : "\n") + value;
    else if (name === "id" || name === "event") fields[name] = value;
  }
  return fields.data === "" ? undefined : fields;
}
