import { time } from "../../texts/texts.ts";

/** When a version was trained, in words. */
export function trained(createdAt: string | null): string {
  return createdAt === null ? "–" : time(createdAt);
}
