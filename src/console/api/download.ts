import { request } from "./client.ts";

/** Saves a response as a file. A link could not send the key. @throws ApiError */
export async function download(path: string, name: string): Promise<void> {
  const response = await request(path);
  save(await response.blob(), name);
}

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
