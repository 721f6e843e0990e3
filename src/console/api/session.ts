import { computed, signal } from "@preact/signals";

export type Role = "reader" | "writer" | "admin";
/** open: the service needs no key, or this one is valid. */
export type Access = "unknown" | "open" | "needed" | "wrong";

const storageKey = "song2vec.key";

/** The API key, kept until the tab is closed; empty: none. */
export const apiKey = signal(sessionStorage.getItem(storageKey) ?? "");
export const access = signal<Access>("unknown");
/** Role of the key, as the service says. */
export const role = signal<Role>("reader");

const order: readonly Role[] = ["reader", "writer", "admin"];
export const mayWrite = computed(() => order.indexOf(role.value) >= 1);
export const mayAdminister = computed(() => role.value === "admin");

export function useKey(key: string): void {
  apiKey.value = key;
  access.value = "unknown";
  if (key === "") sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, key);
}

export function accessChanged(now: Access): void {
  access.value = now;
}
