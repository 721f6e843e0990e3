import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";

export interface Start {
  /** URL of the server. */
  readonly address: string;
  readonly dataDir: string;
  /** A song of the model. */
  readonly songId: string | undefined;
  readonly needsKey: boolean;
  /** Whether the model was trained on the synthetic sample. */
  readonly isSample: boolean;
}

/** What one needs after a start, for a terminal. */
export function describeStart({ address, dataDir, songId, needsKey, isSample }: Start): string {
  const key = needsKey ? " -H 'authorization: Bearer <key>'" : "";
  const path = `/v1/songs/${encodeURIComponent(songId ?? "").replaceAll("'", "%27")}/similar?limit=3`;
  const lines: [string, string][] = [
    ["Console", `${address}/`],
    ["API docs", `${address}/docs`],
    ["Data", dataDir],
    ...(isSample ? [["Sample", "set PLAYLISTS to train on your own playlists"] satisfies [string, string]] : []),
    ...(songId === undefined ? [] : [["Try it", `curl${key} '${address}${path}'`] satisfies [string, string]]),
  ];
  return `\nsong2vec is ready.\n\n${lines.map(([name, text]) => `  ${name.padEnd(10)}${text}\n`).join("")}\n`;
}

/** The URL that a listening server has on this machine. @param basePath as in the settings */
export function addressOf(app: FastifyInstance, basePath = ""): string {
  const { address, family, port } = app.server.address() as AddressInfo;
  const host = ["0.0.0.0", "::"].includes(address) ? "127.0.0.1" : family === "IPv6" ? `[${address}]` : address;
  return `http://${host}:${port}${basePath}`;
}
